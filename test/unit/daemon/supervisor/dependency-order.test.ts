import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { startOrder } from '../../../../daemon/supervisor/dependency-order.ts'

const given = (map: Record<string, readonly string[]>) => new Map(Object.entries(map))

test('what is depended on comes first, the rest as given', () => {
  const order = startOrder(given({ web: ['redis', 'db'], other: [], db: ['disk'], redis: [], disk: [] }))
  deepEqual(order, { order: ['redis', 'disk', 'db', 'web', 'other'] })
})

test('a name that nobody declares is left to the caller', () => {
  deepEqual(startOrder(given({ web: ['elsewhere'] })), { order: ['web'] })
})

test('a circle is named, whole', () => {
  deepEqual(startOrder(given({ a: ['b'], b: ['c'], c: ['d'], d: ['b'] })), { cycle: ['b', 'c', 'd', 'b'] })
  deepEqual(startOrder(given({ a: ['a'] })), { cycle: ['a', 'a'] })
})

test('a long chain does not overflow', () => {
  const chain = new Map(Array.from({ length: 20_000 }, (_, at) => [`p${at}`, [`p${at + 1}`]] as const))
  const answer = startOrder(chain)
  ok('order' in answer && answer.order[0] === 'p19999')
})

test('random graphs: an order keeps every dependency, a circle is one', () => {
  const graph = fc.array(fc.array(fc.nat(9), { maxLength: 3 }), { minLength: 1, maxLength: 10 })
  fc.assert(
    fc.property(graph, (edges) => {
      const dependencies = new Map(edges.map((needed, at) => [String(at), needed.map(String)]))
      const answer = startOrder(dependencies)
      if ('cycle' in answer) {
        const [first, ...rest] = answer.cycle
        ok(rest.length > 0 && rest.at(-1) === first)
        for (const [at, name] of rest.entries()) ok(dependencies.get(answer.cycle[at] ?? '')?.includes(name))
        return
      }
      deepEqual(answer.order.toSorted(), Array.from(dependencies.keys()).toSorted())
      for (const [name, needed] of dependencies) {
        for (const other of needed.filter((it) => dependencies.has(it))) {
          ok(answer.order.indexOf(other) < answer.order.indexOf(name))
        }
      }
    }),
  )
})
