// A file of services: what it means, every mistake with its place, and that what is written is read again as the same.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { mistakeText } from '../../../../cli/manifest/mistakes.ts'
import { readManifest } from '../../../../cli/manifest/read-manifest.ts'
import { writeManifest } from '../../../../cli/manifest/write-manifest.ts'
import { processSpec } from '../../../../proto/messages/spec-shapes.ts'
import { arbitraryOf } from '../../../support/schema-arbitrary.ts'

const read = (text: string, file = '/etc/s.yaml') => readManifest([{ file, text }])

/** The spec of the only service of a file. */
async function specOf(service: string): Promise<object> {
  const { specs, mistakes } = await read(`services:\n  web: ${service}\n`)
  assert.deepEqual(mistakes.map(mistakeText), [])
  return specs[0] ?? assert.fail('there is no service')
}

/** The mistakes of a file, without its name. */
async function mistakesOf(text: string): Promise<string[]> {
  return (await read(text)).mistakes.map((mistake) => mistakeText(mistake).replace('/etc/s.yaml:', ''))
}

const base = v.parse(processSpec, { command: 'a', name: 'web' })

describe('a service', () => {
  for (const [yaml, fields] of [
    ['{command: a}', {}],
    ['{command: "a -b \'c d\'"}', { args: ['-b', 'c d'] }],
    ['{command: [a, 8080, true, 1.0, 08]}', { args: ['8080', 'true', '1.0', '08'] }],
    ['{command: a b, args: [c]}', { args: ['b', 'c'] }],
    ['{shell: a | b}', { command: '/bin/sh', args: ['-c', 'a | b'] }],
    [
      '{command: a, env: {PORT: 08, X: yes, Y: "z"}}',
      { env: { inherit: true, set: { PORT: '08', X: 'yes', Y: 'z' } } },
    ],
    ['{command: a, cleanEnv: true}', { env: { inherit: false, set: {} } }],
    ['{command: a, cwd: ./data}', { cwd: '/etc/data' }],
    ['{command: ./a, cwd: /x}', { command: './a', cwd: '/x' }],
    ['{command: a, umask: 022}', { umask: 0o022 }],
    ['{command: a, labels: {tenant: 1}}', { labels: { tenant: '1' } }],
    ['{command: a, outputLimit: 1M}', { outputLimit: 1024 ** 2 }],
    ['{command: a, reload: {signal: HUP}}', { reload: { signal: 'HUP' } }],
    ['{command: a, reload: {send: reload}}', { reload: { send: 'reload\n' } }],
    ['{command: a, reload: {sendExactly: r}}', { reload: { send: 'r' } }],
  ] as const) {
    test(`${yaml} means ${JSON.stringify(fields)}`, async () => {
      assert.deepEqual(await specOf(yaml), { ...base, ...fields })
    })
  }

  for (const [yaml, fields] of [
    ['restart: always', { restart: { policy: 'always' } }],
    [
      'restart: {policy: on-failure, delay: 500ms, max: 5m, limit: {starts: 5, within: 10m}}',
      { restart: { policy: 'on-failure', delayMs: 500, maxMs: 300_000, limit: { starts: 5, withinMs: 600_000 } } },
    ],
    ['start: {ready: {after: 2s}, timeout: 20s}', { start: { ready: { kind: 'after', ms: 2000 }, timeoutMs: 20_000 } }],
    [
      'stop: [{send: stop, wait: 60s}, {signal: TERM}]',
      { stop: { steps: [{ send: 'stop\n', waitMs: 60_000 }, { signal: 'TERM' }] } },
    ],
    ['stop: {scope: group}', { stop: { scope: 'group' } }],
    [
      'dependsOn: {redis: started, db: {bindTo: true}}',
      { dependsOn: { redis: { condition: 'started' }, db: { bindTo: true } } },
    ],
    ['dependsOn: [redis]', { dependsOn: { redis: {} } }],
  ] as const) {
    test(`{${yaml}} means ${JSON.stringify(fields)}`, async () => {
      assert.deepEqual(
        await specOf(`{command: a, ${yaml}}`),
        v.parse(processSpec, { command: 'a', name: 'web', ...fields }),
      )
    })
  }

  test('may be made of another by an anchor and a merge', async () => {
    const text = 'services:\n  a: &a {command: x, restart: always}\n  b: {<<: *a, command: y}\n'
    const { specs } = await read(text)
    assert.deepEqual(
      specs.map(({ name, command, restart }) => [name, command, restart?.policy]),
      [
        ['a', 'x', 'always'],
        ['b', 'y', 'always'],
      ],
    )
  })
})

describe('a mistake is told with its line and column:', () => {
  const web = (service: string) => `services:\n  web:\n    command: a\n    ${service}\n`
  for (const [what, text, told] of [
    ['no YAML', 'services: [', /^1:12: Flow sequence in block collection must be|^1:1\d: /],
    ['a key twice', 'services:\n  a: {command: x}\n  a: {command: y}\n', /^3:3: Map keys must be unique/],
    ['two documents', 'a: 1\n---\nb: 2\n', /^2:1: Source contains multiple documents/],
    ['a list at the top', '- a\n', /^1:1: it must be a map with "services"/],
    ['an unknown key at the top', 'service: {}\n', /^1:1: there is no "service" here; did you mean "services"\?/],
    ['services in a list', 'services: [a]\n', /^1:11: it must be a map of services by their names/],
    [
      'a service that is a word',
      'services:\n  web: node\n',
      /^2:8: web: a service must be a map, with "command" at least/,
    ],
    ['a name that cannot be', 'services:\n  "a b": {command: x}\n', /^2:3: a b: this key must begin with a letter/],
    ['no command', 'services:\n  web: {restart: always}\n', /^2:3: web: "command" is missing \(or "shell"\)/],
    [
      'a misspelt key',
      web('restrat: always'),
      /^4:5: web\.restrat: there is no "restrat" here; did you mean "restart"\?/,
    ],
    ['a key that is like none', web('zzz: 1'), /^4:5: web\.zzz: there is no "zzz" here; there is args, /],
    [
      'a misspelt word',
      web('restart: allways'),
      /^4:14: web\.restart\.policy: it must be never, on-failure or always, not "allways"; did you mean "always"\?/,
    ],
    [
      'a time',
      web('restart: {policy: always, delay: soon}'),
      /^4:38: web\.restart\.delay: it must be a time such as 500ms, 10s or 5m, not "soon"/,
    ],
    [
      'a size',
      web('outputLimit: much'),
      /^4:18: web\.outputLimit: it must be a size such as 64k, 16M or 1G, not "much"/,
    ],
    ['a number that is too large', web('nice: 50'), /^4:11: web\.nice: it must be at most 19, not 50/],
    [
      'a text where a number is due',
      web('nice: low'),
      /^4:11: web\.nice: it must be a number, not string|^4:11: web\.nice: it must be a number, not "low"/,
    ],
    ['a mode', web('umask: 999'), /^4:12: web\.umask: it must be an octal mode such as 022/],
    ['nothing', web('cwd:'), /^4:9: web\.cwd: it is empty; it must be a text/],
    ['a list where a map is due', web('labels: [a]'), /^4:13: web\.labels: it must be a map, not \["a"\]/],
    ['a label that cannot be', web('labels: {"a b": c}'), /^4:14: web\.labels\.a b: this key must begin/],
    ['quotes', 'services:\n  web: {command: "a \'b"}\n', /^2:18: web\.command: a ' is not closed/],
    ['a command and a shell', web('shell: b'), /^4:5: web\.shell: there is "command" or "args" too/],
    [
      'a kind of readiness',
      web('start: {ready: {aftr: 2s}}'),
      /^4:21: web\.start\.ready\.aftr: there is no "aftr" here; did you mean "after"\?/,
    ],
    [
      'a step of the stop',
      web('stop: [{sig: TERM}]'),
      /^4:13: web\.stop\.steps\.0\.sig: there is no "sig" here; did you mean "signal"\?/,
    ],
    ['what is missing inside', web('restart: {delay: 1s}'), /^4:14: web\.restart: "policy" is missing/],
    [
      'what does not go together',
      web('restart: always\n    autoRemove: true'),
      /^5:17: web\.autoRemove: it cannot go with a restart policy/,
    ],
    [
      'a relative path without a directory',
      'services:\n  web: {command: ./a}\n',
      /^2:18: web\.command: it must be a name or an absolute path/,
    ],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefg'[i]}`).join(',')}]`).join('\n')}\n`,
      /^1:1: Excessive alias count/,
    ],
  ] as const) {
    test(what, async () => {
      const mistakes = await mistakesOf(text)
      assert.match(mistakes[0] ?? 'none', told)
      assert.equal(mistakes.length, 1, mistakes.join('\n'))
    })
  }

  test('all mistakes at once, in the order of the text, and no service of that file', async () => {
    const { specs, mistakes } = await readManifest([
      { file: 'a.yaml', text: 'services:\n  a: {command: x, nice: 99, foo: 1}\n  b: {comand: y}\n' },
      { file: 'b.yaml', text: 'services:\n  c: {command: z}\n  a: {command: z}\n' },
      { file: 'c.yaml', text: 'services:\n  d: {command: z}\n' },
    ])
    assert.deepEqual(
      mistakes.map(({ file, line }) => `${file}:${line}`),
      ['a.yaml:2', 'a.yaml:2', 'a.yaml:3', 'b.yaml:3'],
    )
    assert.match(mistakes.at(-1)?.sentence ?? '', /there is a service "a" in a\.yaml too/)
    assert.deepEqual(
      specs.map(({ name }) => name),
      ['d'],
    )
  })

  test('never by an exception, whatever the file holds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue(),
        fc.constantFrom('command', 'restart', 'start', 'stop', 'dependsOn', 'env', 'umask', 'reload', 'labels'),
        async (value, key) => {
          await read(JSON.stringify({ services: { web: { command: 'a', [key]: value } } }))
          await read(JSON.stringify({ services: value }))
          await read(JSON.stringify(value))
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('what is exported', () => {
  test('is read again as the same, whatever the spec', async () => {
    const specs = arbitraryOf(processSpec).filter((value) => v.safeParse(processSpec, value).success)
    await fc.assert(
      fc.asyncProperty(specs, async (value) => {
        const spec = { ...v.parse(processSpec, value), name: 'web' }
        const text = await writeManifest([spec])
        const { specs: again, mistakes } = await read(text)
        assert.deepEqual(mistakes.map(mistakeText), [], text)
        assert.deepEqual(again, [spec])
      }),
      { numRuns: 200 },
    )
  })

  test('leaves out what is so by default, and uses short forms', async () => {
    const spec = v.parse(processSpec, {
      name: 'web',
      command: 'node',
      args: ['server.js'],
      restart: { policy: 'always' },
      start: { ready: { kind: 'after', ms: 2000 } },
      stop: { steps: [{ send: 'stop\n', waitMs: 60_000 }, { signal: 'TERM' }] },
    })
    assert.equal(
      await writeManifest([{ ...spec, name: 'web' }]),
      'services:\n  web:\n    command: [node, server.js]\n    restart: always\n    start:\n      ready:\n        after: 2s\n    stop: [{send: stop, wait: 1m}, {signal: TERM}]\n',
    )
  })
})
