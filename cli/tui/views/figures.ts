// Quantities and states as the views show them: short, and of a width that columns can rely on.

import { stateWords } from '../../text/process-text.ts'
import { visible } from '../../text/table.ts'
import type { ProcessState } from '../protocol-types.ts'
import type { Style } from '../screen/style.ts'
import type { Theme } from '../screen/theme.ts'

/** The sign of a state; each differs in shape, not only in colour. */
export function stateGlyph(state: ProcessState): string {
  switch (state.kind) {
    case 'running':
      return '●'
    case 'starting':
      return '◔'
    case 'stopping':
      return '◐'
    case 'waiting':
      return '◌'
    case 'backoff':
      return '↻'
    case 'stopped':
      return '□'
    case 'failed':
      return '✖'
    case 'exited':
      return state.code === 0 ? '○' : '✕'
    case 'killed':
      return '✕'
    case 'unknown':
      return '?'
  }
}

export function stateStyle(state: ProcessState, theme: Theme): Style {
  switch (state.kind) {
    case 'running':
      return state.health === 'down' ? theme.warn : theme.good
    case 'starting':
    case 'stopping':
    case 'waiting':
    case 'backoff':
      return theme.warn
    case 'stopped':
      return theme.dim
    case 'failed':
      return theme.bad
    case 'exited':
      return state.code === 0 ? theme.dim : theme.bad
    case 'killed':
      return theme.bad
    case 'unknown':
      return theme.dim
  }
}

/** A state in at most 12 cells or so, with what it counts down to: `running`, `again in 4s`, `needs redis`, `exited 3`. */
export function stateLabel(state: ProcessState, now: number): string {
  switch (state.kind) {
    case 'running':
      return state.health === undefined ? 'running' : state.health === 'up' ? 'healthy' : 'unhealthy'
    case 'starting':
      return `starting ${countdown(state.readyBy, now)}`
    case 'stopping':
      return state.killAt === null ? 'stopping' : `stopping ${countdown(state.killAt, now)}`
    case 'backoff':
      return `again in ${countdown(state.until, now)}`
    case 'waiting':
      if (state.unmet.length > 0) return `needs ${state.unmet.map(visible).join(', ')}`
      return state.until === null ? 'waiting' : `due in ${countdown(state.until, now)}`
    default:
      return visible(stateWords(state))
  }
}

/** The time until then in at most three cells, and at least a second, since it has not come. */
function countdown(at: number, now: number): string {
  const seconds = Math.max(1, Math.ceil((at - now) / 1000))
  if (seconds < 100) return `${seconds}s`
  const [minutes, hours] = [Math.round(seconds / 60), Math.round(seconds / 3600)]
  if (minutes < 100) return `${minutes}m`
  return hours < 100 ? `${hours}h` : `${Math.round(hours / 24)}d`
}

/** A share of one processor in percent, in at most five characters: `0.0`, `12.3`, `231`. */
export function percent(share: number | undefined): string {
  if (share === undefined) return '·'
  const value = share * 100
  return value >= 99.95 ? String(Math.round(value)) : value.toFixed(1)
}

const SIZE_UNITS = ['B', 'K', 'M', 'G', 'T', 'P']

/** Bytes in at most five characters: `0 B`, `1.5 K`, `512 M`. */
export function shortSize(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1
  return `${value.toFixed(digits)} ${SIZE_UNITS[unit] ?? ''}`
}

const BARS = '▁▂▃▄▅▆▇█'

/** The last values as a curve of at most so many cells, from 0 to the greatest, or to `least` if all are below that. */
export function curve(values: readonly number[], width: number, least: number): string {
  const shown = values.slice(-width)
  const most = Math.max(least, ...shown)
  return shown.map((value) => BARS.charAt(Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length)))).join('')
}
