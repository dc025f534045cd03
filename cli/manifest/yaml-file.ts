// One YAML file: its value, and where each part of it stands.

import type { Document, LineCounter, Node, Pair } from 'yaml'
import type { Mistake } from './mistakes.ts'

type Path = readonly (string | number)[]

/** The package, loaded when the first file is read. */
export type Yaml = typeof import('yaml')

/** Aliases in one file: more are an attempt to fill the memory. */
const ALIASES_MAX = 1000

export class YamlFile {
  readonly file: string
  readonly value: unknown
  /** What is wrong with it as YAML; empty: nothing. */
  readonly mistakes: readonly Mistake[]
  readonly #yaml: Yaml
  readonly #document: Document.Parsed
  readonly #lines: LineCounter

  constructor(yaml: Yaml, file: string, text: string) {
    this.file = file
    this.#yaml = yaml
    this.#lines = new yaml.LineCounter()
    this.#document = yaml.parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, merge: true })
    const mistakes = this.#document.errors.map(({ message, pos }) => this.#mistake(pos[0], '', message))
    let value: unknown
    if (mistakes.length === 0) {
      try {
        value = this.#document.toJS({ maxAliasCount: ALIASES_MAX })
      } catch (error) {
        if (!(error instanceof Error)) throw error
        mistakes.push(this.#mistake(0, '', error.message))
      }
    }
    this.value = value
    this.mistakes = mistakes
  }

  /** A mistake at the value that a path leads to, or as far as it leads; with `key` at the key itself. */
  mistake(path: Path, sentence: string, { key = false } = {}): Mistake {
    const found = this.#find(path)
    const node = key ? (found.key ?? found.value) : (found.value ?? found.key)
    return this.#mistake(node?.range?.[0] ?? 0, path.slice(1).join('.'), sentence)
  }

  /** A plain value as it is written, `08` and `1.0` included; undefined: it is none. */
  written(path: Path): string | undefined {
    const { value, whole } = this.#find(path)
    return whole && this.#yaml.isScalar(value) ? value.source : undefined
  }

  #mistake(offset: number, path: string, sentence: string): Mistake {
    const { line, col } = this.#lines.linePos(offset)
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col), path, sentence }
  }

  /** What a path leads to, as far as the file goes. */
  #find(path: Path): { key: Node | undefined; value: Node | undefined; whole: boolean } {
    const { isAlias, isMap, isSeq } = this.#yaml
    let value: Node | undefined = this.#document.contents ?? undefined
    let key: Node | undefined
    for (const step of path) {
      let node = value
      if (isAlias(node)) node = node.resolve(this.#document)
      if (isMap(node)) {
        const pair = (node.items as Pair<Node, Node | null>[]).find((each) => keyText(each.key) === String(step))
        if (pair === undefined) return { key, value, whole: false }
        key = pair.key
        value = pair.value ?? undefined
      } else if (isSeq(node)) {
        // A list that is short for a map with it.
        if (typeof step === 'string') continue
        const item = (node.items as Node[])[step]
        if (item === undefined) return { key, value, whole: false }
        value = item
      } else return { key, value, whole: false }
    }
    return { key, value, whole: true }
  }
}

function keyText(key: unknown): string {
  return String(typeof key === 'object' && key !== null && 'value' in key ? key.value : key)
}
