// Which processes need which: as a tree for people, and for Graphviz. Pure.

import type { ProcessDetail } from '../../client-lib/index.ts'
import { stateWords } from './process-text.ts'
import { paint, visible } from './table.ts'

/** What the graph needs to know of a process. */
export type Node = Pick<ProcessDetail, 'id' | 'state' | 'dependsOn' | 'dependents'>
type Need = NonNullable<Node['dependsOn']>[number]

/** A place of the tree that is still to be written. */
interface Place {
  readonly id: string
  /** How it is needed by the one above; undefined: it is at the top. */
  readonly need: Need | undefined
  /** What stands before it, and before what is below it. */
  readonly before: string
  readonly below: string
}

/**
 * A tree below each of the first. By a stack and not by recursion: chains may be long. What a process needs is written the first
 * time only, so that the tree is as long as the graph and no longer.
 */
export function graphLines(
  first: readonly Node[],
  known: readonly Node[],
  { colour }: { readonly colour: boolean },
): string[] {
  const nodes = new Map(known.map((node) => [node.id, node]))
  const written = new Set<string>()
  const lines: string[] = []
  const places: Place[] = first.map(({ id }) => ({ id, need: undefined, before: '', below: '' })).reverse()
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const { id, need, before, below } = place
    const node = nodes.get(id)
    const needs = node?.dependsOn ?? []
    const isAgain = written.has(id) && needs.length > 0
    written.add(id)
    const name = paint(visible(id), 'strong', colour)
    const state = node === undefined ? 'there is none' : stateWords(node.state)
    lines.push(
      `${before}${name} (${visible(state)})${need === undefined ? '' : needText(need, colour)}${isAgain ? ' …' : ''}`,
    )
    if (isAgain) continue
    const next = needs.map((each, at): Place => {
      const isLast = at === needs.length - 1
      return {
        id: each.name,
        need: each,
        before: `${below}${isLast ? '└─ ' : '├─ '}`,
        below: `${below}${isLast ? '   ' : '│  '}`,
      }
    })
    places.push(...next.reverse())
  }
  return lines
}

function needText({ condition, bindTo, met }: Need, colour: boolean): string {
  const words = `${visible(condition)}${bindTo ? ', bound' : ''}, ${met ? 'met' : 'not met'}`
  return `  ${paint(words, met ? 'dim' : 'warn', colour)}`
}

/** The graph for Graphviz: an arrow leads from each process to what it needs, and is dashed while that is not as it must be. */
export function dotLines(known: readonly Node[]): string[] {
  return [
    'digraph processes {',
    '  node [shape=box]',
    ...known.map(({ id, state }) => `  ${quoted(id)} [label=${quoted(id, stateWords(state))}]`),
    ...known.flatMap(({ id, dependsOn = [] }) =>
      dependsOn.map(({ name, condition, bindTo, met }) => {
        const label = quoted(`${condition}${bindTo ? ', bound' : ''}`)
        return `  ${quoted(id)} -> ${quoted(name)} [label=${label}${met ? '' : ', style=dashed'}]`
      }),
    ),
    '}',
  ]
}

/** A string of Graphviz, of one or several lines. A backslash of ours is none of its escapes. */
const quoted = (...lines: readonly string[]) =>
  `"${lines.map((line) => visible(line).replace(/[\\"]/g, '\\$&')).join('\\n')}"`
