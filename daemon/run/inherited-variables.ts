// The daemon's variables that programs inherit, as the kernel takes them: made once, since each of thousands of starts passes them all.

export class InheritedVariables {
  readonly #all: Readonly<Record<string, string>>
  /** As `NAME=value`, by their names; without those that each program has of its own. */
  readonly #lines: ReadonlyMap<string, string>
  readonly #inOrder: readonly string[]

  /** @param never those that each program has of its own */
  constructor(all: Readonly<Record<string, string>>, never: readonly string[]) {
    this.#all = all
    const passed = Object.entries(all).filter(([name]) => !never.includes(name))
    this.#lines = new Map(passed.map(([name, value]) => [name, `${name}=${value}`]))
    this.#inOrder = Array.from(this.#lines.values())
  }

  /** All of them, in an object of the caller's. */
  copy(): Record<string, string> {
    const copy: Record<string, string> = {}
    // One by one: spreading takes four times as long, of many variables.
    for (const [name, value] of Object.entries(this.#all)) {
      if (name !== '__proto__') copy[name] = value
      else Object.defineProperty(copy, name, { value, enumerable: true, writable: true, configurable: true })
    }
    return copy
  }

  /** Those that are not among a program's own, as `NAME=value`. */
  beside(own: Readonly<Record<string, string>>): readonly string[] {
    const replaced = Object.keys(own).filter((name) => this.#lines.has(name))
    if (replaced.length === 0) return this.#inOrder
    const left = new Map(this.#lines)
    for (const name of replaced) left.delete(name)
    return Array.from(left.values())
  }
}
