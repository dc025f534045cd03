// A command line as words, and words as a command line: quotes and backslashes as the shell has them, and nothing else of
// it. No variables, no patterns, no operators.

/** @returns the words, or why they are none */
export function splitWords(line: string): { readonly words: string[] } | { readonly problem: string } {
  const words: string[] = []
  let word: string | undefined
  let quote: '"' | "'" | undefined
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at)
    if (quote === "'") {
      if (character === "'") quote = undefined
      else word += character
    } else if (character === '\\') {
      const next = line.charAt(at + 1)
      if (next === '') return { problem: 'nothing follows the last backslash' }
      // Between double quotes it is kept before what it means nothing to.
      word = `${word ?? ''}${quote === '"' && !'"\\$`'.includes(next) ? '\\' : ''}${next}`
      at += 1
    } else if (quote === '"') {
      if (character === '"') quote = undefined
      else word += character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quote !== undefined) return { problem: `the closing ${quote} is missing` }
  if (word !== undefined) words.push(word)
  return { words }
}

/** A line that {@link splitWords} makes these words of. */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
}

/** Labels from `key=value` words. */
export function splitLabels(
  line: string,
): { readonly labels: Readonly<Record<string, string>> } | { readonly problem: string } {
  const split = splitWords(line)
  if ('problem' in split) return split
  const pairs: [string, string][] = []
  for (const word of split.words) {
    const at = word.indexOf('=')
    if (at < 1) return { problem: `"${word}" is no label; type key=value` }
    pairs.push([word.slice(0, at), word.slice(at + 1)])
  }
  return { labels: Object.fromEntries(pairs) }
}
