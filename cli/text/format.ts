// Quantities for people: sizes, ages, counts, times. Pure: no I/O, no clock.

const SIZE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** Bytes for people: `0 B`, `1023 B`, `1.5 KiB`, `12 MiB`. */
export function formatSize(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1023.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1
  return `${value.toFixed(digits)} ${SIZE_UNITS[unit] ?? ''}`
}

const AGE_UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
]

/** A duration for people in its two greatest units: `0s`, `59s`, `3m 20s`, `2h 5m`, `12d`. */
export function formatAge(ms: number): string {
  let seconds = Math.max(0, Math.floor(ms / 1000))
  const first = AGE_UNITS.findIndex(([, length]) => seconds >= length)
  if (first === -1) return '0s'
  const parts: string[] = []
  for (const [unit, length] of AGE_UNITS.slice(first, first + 2)) {
    const amount = Math.floor(seconds / length)
    seconds -= amount * length
    if (amount > 0) parts.push(`${amount}${unit}`)
  }
  // From ten days on, hours do not matter.
  return first === 0 && Number.parseInt(parts[0] ?? '', 10) >= 10 ? (parts[0] ?? '') : parts.join(' ')
}

/** A whole number with its thousands marked: `123,456`. */
export const formatCount = (value: number): string => value.toLocaleString('en-US')

/** A time for people, in their own zone: `2009-03-27 11:45:26`. */
export function formatTime(ms: number): string {
  const date = new Date(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
