// What is wrong in a file of services, told where it stands: file, line, column, what it is about, and what would be right.

export interface Mistake {
  readonly file: string
  readonly line: number
  readonly column: number
  /** Where in the services, as `web.restart.policy`; empty: the file as a whole. */
  readonly path: string
  readonly sentence: string
}

/** `services.yaml:6:5: web.restart: …` */
export function mistakeText({ file, line, column, path, sentence }: Mistake): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${sentence}`
}

/** Mistakes in the order of the text. */
export function sorted(mistakes: readonly Mistake[]): Mistake[] {
  return [...mistakes].sort((one, other) => one.line - other.line || one.column - other.column)
}

/** A value as it is shown in a mistake. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** `a, b or c` */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
