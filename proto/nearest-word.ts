// "Did you mean": the word of a list that is nearest to one that was mistyped. Loads nothing.

/** The nearest of `words`, or undefined if none is near enough to be what was meant. */
export function nearest(typed: string, words: Iterable<string>): string | undefined {
  const tolerance = typed.length <= 3 ? 1 : 2
  let best: string | undefined
  let bestDistance = tolerance + 1
  for (const word of words) {
    // The beginning of a word is nearer to it than to any other.
    const distance = typed.length > 2 && word.startsWith(typed) ? 0 : editDistance(typed, word)
    if (distance < bestDistance) {
      best = word
      bestDistance = distance
    }
  }
  return best
}

/** How many letters must be put in, left out, changed or swapped with their neighbour (Damerau–Levenshtein, restricted). */
export function editDistance(a: string, b: string): number {
  let older: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      )
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) cost = Math.min(cost, at(older, column - 2) + 1)
      current.push(cost)
    }
    older = previous
    previous = current
  }
  return at(previous, b.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY
