// The order in which processes that depend on each other are started; they are stopped in the reverse of it. Pure.

/** Names of processes, each with the names that it depends on. */
export type Dependencies = ReadonlyMap<string, readonly string[]>

/** A circle of dependencies: the first name again at the end. */
export type Cycle = readonly string[]

/**
 * The names in an order in which each comes after all that it depends on, and otherwise as they were given; or the first
 * circle found. Names that nobody declares are left to the caller: they may be processes that run already.
 */
export function startOrder(dependencies: Dependencies): { readonly order: string[] } | { readonly cycle: Cycle } {
  const order: string[] = []
  const placed = new Set<string>()
  for (const first of dependencies.keys()) {
    // A stack of our own: a chain of ten thousand must not overflow that of the language.
    const way: { readonly name: string; next: number }[] = placed.has(first) ? [] : [{ name: first, next: 0 }]
    const onWay = new Set(way.map(({ name }) => name))
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const needed = dependencies.get(top.name)?.[top.next]
      top.next += 1
      if (needed === undefined) {
        placed.add(top.name)
        order.push(top.name)
        onWay.delete(top.name)
        way.pop()
      } else if (onWay.has(needed)) {
        const names = way.map(({ name }) => name)
        return { cycle: [...names.slice(names.indexOf(needed)), needed] }
      } else if (dependencies.has(needed) && !placed.has(needed)) {
        onWay.add(needed)
        way.push({ name: needed, next: 0 })
      }
    }
  }
  return { order }
}
