// The first line: what this is, how the connection is, and the sums of all processes.

import { formatAge } from '../../text/format.ts'
import { isEnded, isLive } from '../protocol-types.ts'
import { Rows } from '../screen/rows.tsx'
import { justify, type Line, lineCells, type Span, span } from '../screen/text.ts'
import { isNarrowed, type UiState } from '../store/state.ts'
import { isIn } from '../store/state-groups.ts'
import { percent, shortSize } from './figures.ts'
import { useView, type ViewProps } from './view-props.ts'

export function Header() {
  const { state, layout, theme } = useView()
  const { width } = layout.header
  const name = span(' netdaemon', theme.accentStrong)
  const left: Line = [name, ...connection({ state, theme })]
  // The address is known to who came here; a filter, and why there is no connection, are not cut for the sums.
  const isPlain = state.link.kind === 'connected' && !isNarrowed(state.list)
  const room = width - lineCells(isPlain ? [name] : left) - LEAST_GAP
  return (
    <Rows lines={[justify(left, [...fitting(sums({ state, theme }), room), span(' ')], width)]} pane={layout.header} />
  )
}

/** As many of the first ones as there is room for. */
function fitting(parts: readonly Line[], room: number): Span[] {
  const kept: Span[] = []
  for (const part of parts) {
    if (lineCells(kept) + lineCells(part) > room) break
    kept.push(...part)
  }
  return kept
}

/** Between what stands on the left and on the right, and after it. */
const LEAST_GAP = 3

type Props = Pick<ViewProps, 'state' | 'theme'>

function connection({ state: { link, now, list, processes, address }, theme }: Props): Span[] {
  switch (link.kind) {
    case 'connecting':
      return [span('  connecting…', theme.dim)]
    case 'lost':
      return [
        span('  ◌ reconnecting…', theme.warn),
        span(` for ${formatAge(now - link.since)}: ${link.reason}`, theme.dim),
      ]
    case 'connected':
      if (!isNarrowed(list)) return [span(`  ${address}`, theme.dim)]
      return [
        ...(list.group === 'all' ? [] : [span('  only ', theme.dim), span(list.group, theme.accent)]),
        ...(list.filter === '' ? [] : [span('  filter ', theme.dim), span(list.filter, theme.accent)]),
        span(` ${list.shown.length} of ${processes.size}`, theme.dim),
      ]
  }
}

function sums({ state, theme }: Props): Line[] {
  const all = [...state.processes.values()]
  const running = all.filter(({ state: each }) => isLive(each))
  const ended = all.filter(({ state: each }) => isEnded(each)).length
  const notUp = all.filter((each) => isIn('not up', each)).length
  return [
    [span(String(running.length), theme.strong), span(' running', theme.dim)],
    ...(ended === 0 ? [] : [[span(`  ${ended}`, theme.strong), span(' ended', theme.dim)]]),
    ...(notUp === 0 ? [] : [[span(`  ${notUp}`, theme.strong), span(' not up', theme.warn)]]),
    ...usageSum(state, running.length).map(([value, unit]) => [
      span(`  ${value}`, theme.strong),
      span(unit, theme.dim),
    ]),
  ]
}

/** Processor and memory of all together, if all of them are being measured. */
function usageSum({ usage }: UiState, running: number): readonly (readonly [value: string, unit: string])[] {
  if (running === 0 || usage.size < running) return []
  let cpu = 0
  let memory = 0
  for (const each of usage.values()) {
    cpu += each.cpu ?? 0
    memory += each.memory
  }
  return [
    [percent(cpu), '% cpu'],
    [shortSize(memory), ' mem'],
  ]
}
