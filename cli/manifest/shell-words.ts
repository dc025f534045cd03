// Splits a command line by the quoting rules of the shell. Nothing is expanded: `$HOME`, `*` and `;` are words like others.

/** The words; a sentence about what is wrong with the quotes. */
export function shellWords(line: string): string[] | string {
  const words: string[] = []
  let word: string | undefined
  let at = 0
  while (at < line.length) {
    const char = line.charAt(at)
    at += 1
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (char === "'") {
      const end = line.indexOf("'", at)
      if (end < 0) return "a ' is not closed"
      word = (word ?? '') + line.slice(at, end)
      at = end + 1
    } else if (char === '"') {
      word ??= ''
      for (; at < line.length && line.charAt(at) !== '"'; at += 1) {
        // In double quotes a backslash is one, except before these.
        if (line.charAt(at) === '\\' && /["\\$`\n]/.test(line.charAt(at + 1))) at += 1
        word += line.charAt(at)
      }
      if (at >= line.length) return 'a " is not closed'
      at += 1
    } else if (char === '\\') {
      if (at >= line.length) return 'it ends with a backslash'
      word = (word ?? '') + line.charAt(at)
      at += 1
    } else word = (word ?? '') + char
  }
  if (word !== undefined) words.push(word)
  return words
}
