// What text weighs in V8's heap, counted and not measured: bounds on what is kept need no more.

/** A string's header, and what refers to it. */
const TEXT_BYTES = 32

/** Bytes that these texts take. */
export function weightOfTexts(texts: readonly string[]): number {
  let bytes = 0
  for (const text of texts) bytes += TEXT_BYTES + text.length
  return bytes
}

/** Bytes that a map of texts takes. */
export function weightOfMap(map: Readonly<Record<string, string>>): number {
  return weightOfTexts(Object.keys(map)) + weightOfTexts(Object.values(map))
}
