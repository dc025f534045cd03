// Spells characters that would steer a terminal as JSON does: `\u001b`, `\u0085`. Pure.

/** Each of its UTF-16 units by its number. */
export const escaped = (text: string): string =>
  text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

/** What steers a terminal, of what JSON may hold as it is: DEL and C1, and what turns the direction of text. Not its own lines. */
const steering = /(?!\n|\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** As JSON.stringify, for a terminal. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(steering, escaped)
