// The graph of what needs what, as a tree and for Graphviz.

import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { dotLines, graphLines, type Node } from '../../../../cli/text/graph-text.ts'

const plain = { colour: false }
const running = { kind: 'running', pid: 1, since: 0 } as const
const node = (id: string, ...needs: string[]): Node => ({
  ...{ id, state: running },
  dependsOn: needs.map((name) => ({ name, condition: 'ready', bindTo: false, met: true })),
})

test('what a process needs stands below it, and its own needs the first time only', () => {
  const [web, api, db] = [node('web', 'api', 'db'), node('api', 'db'), node('db', 'disk')]
  deepEqual(graphLines([web], [web, api, db, node('disk')], plain), [
    'web (running)',
    '├─ api (running)  ready, met',
    '│  └─ db (running)  ready, met',
    '│     └─ disk (running)  ready, met',
    '└─ db (running)  ready, met …',
  ])
})

test('what is not met, what is bound, and what is not there is told', () => {
  const web: Node = {
    ...node('web'),
    dependsOn: [{ name: 'gone', condition: 'exited', bindTo: true, met: false }],
  }
  deepEqual(graphLines([web], [web], plain), ['web (running)', '└─ gone (there is none)  exited, bound, not met'])
})

test('a chain of any length has a line for each, and a ladder of diamonds is no longer than its arrows', () => {
  const chain = Array.from({ length: 20_000 }, (_, at) => node(`p${at}`, `p${at + 1}`))
  const [first] = chain
  equal(first === undefined ? 0 : graphLines([first], chain, plain).length, 20_001)
  const ladder = Array.from({ length: 60 }, (_, at) => [
    node(`t${at}`, `l${at}`, `r${at}`),
    node(`l${at}`, `t${at + 1}`),
    node(`r${at}`, `t${at + 1}`),
  ]).flat()
  equal(graphLines([node('t0', 'l0', 'r0')], ladder, plain).length, 241)
})

test('for Graphviz, an arrow that is not met is dashed, and no name ends its quotes', () => {
  const web: Node = { ...node('a"\\'), dependsOn: [{ name: 'b', condition: 'ready', bindTo: false, met: false }] }
  deepEqual(dotLines([web]).slice(2, -1), [
    '  "a\\"\\\\" [label="a\\"\\\\\\nrunning"]',
    '  "a\\"\\\\" -> "b" [label="ready", style=dashed]',
  ])
})
