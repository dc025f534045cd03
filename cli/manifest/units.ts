// Times and sizes as people write them in a file, and as they are written there by `ndctl export`.

const TIME_FACTORS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const SIZE_FACTORS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Milliseconds from `500ms`, `10s`, `5m`, `2h`, `1d`, or a number of seconds; undefined: it is none. */
export function milliseconds(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.round(value * 1000)
  if (typeof value !== 'string') return undefined
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(value.trim()) ?? []
  const factor = TIME_FACTORS[unit]
  return digits === undefined || factor === undefined ? undefined : Math.round(Number(digits) * factor)
}

/** Bytes from `65536`, `64k`, `1M`, `1GiB`; undefined: it is none. */
export function bytes(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(value.trim()) ?? []
  const factor = SIZE_FACTORS[unit.toLowerCase()]
  return digits === undefined || factor === undefined ? undefined : Math.round(Number(digits) * factor)
}

export function timeText(ms: number): string {
  for (const [unit, factor] of Object.entries(TIME_FACTORS).reverse()) {
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`
  }
  return `${ms}ms`
}

export function sizeText(size: number): string {
  for (const [unit, factor] of [
    ['G', 1024 ** 3],
    ['M', 1024 ** 2],
    ['k', 1024],
  ] as const) {
    if (size >= factor && size % factor === 0) return `${size / factor}${unit}`
  }
  return String(size)
}
