// What is looked at while a process runs, in a file of services: what it means, its mistakes with their places, and that it comes back
// as it was.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as v from 'valibot'
import { mistakeText } from '../../../../cli/manifest/mistakes.ts'
import { readManifest } from '../../../../cli/manifest/read-manifest.ts'
import { writeManifest } from '../../../../cli/manifest/write-manifest.ts'
import { processSpec } from '../../../../proto/messages/spec-shapes.ts'

const read = (line: string) =>
  readManifest([{ file: 's.yaml', text: `services:\n  web:\n    command: a\n    ${line}\n` }])

describe('a service is looked at:', () => {
  for (const [yaml, fields] of [
    [
      'health: {http: "http://127.0.0.1:80/h", status: [200], match: /ok/, interval: 10s, timeout: 2s, failures: 3, action: restart}',
      {
        health: {
          ...({ kind: 'http', url: 'http://127.0.0.1:80/h', status: [200], match: 'ok', action: 'restart' } as const),
          ...{ intervalMs: 10_000, timeoutMs: 2000, failures: 3 },
        },
      },
    ],
    ['health: {tcp: 8080, grace: 1m}', { health: { kind: 'tcp', port: 8080, graceMs: 60_000 } }],
    [
      'health: {exec: [look, "-x"], action: report}',
      { health: { kind: 'exec', command: ['look', '-x'], action: 'report' } },
    ],
    ['health: {silence: 5m}', { health: { kind: 'silence', ms: 300_000 } }],
    [
      'watch: [{match: /OutOf.*Error/, channel: stderr, action: restart}, {match: "^Done", action: ready}]',
      {
        watch: [
          { match: 'OutOf.*Error', channel: 'stderr', action: 'restart' },
          { match: '^Done', action: 'ready' },
        ],
      },
    ],
    ['maxAge: 1d', { maxAgeMs: 86_400_000 }],
    ['maxMemory: 512M', { maxMemory: 512 * 1024 ** 2 }],
  ] as const) {
    test(yaml, async () => {
      const wanted = { ...v.parse(processSpec, { command: 'a', ...fields }), name: 'web' }
      const { specs, mistakes } = await read(yaml)
      assert.deepEqual(mistakes.map(mistakeText), [])
      assert.deepEqual(specs, [wanted])
      const again = await readManifest([{ file: 's.yaml', text: await writeManifest([wanted]) }])
      assert.deepEqual([again.mistakes, again.specs], [[], [wanted]])
    })
  }
})

describe('a mistake is told with its line and column:', () => {
  for (const [yaml, told] of [
    ['health: {htp: "http://x/"}', /:4:14: web\.health\.htp: there is no "htp" here; did you mean "http"\?$/],
    ['health: {http: "ftp://x/"}', /:4:20: web\.health\.http: it must begin with http:\/\/ or https:\/\//],
    ['health: {tcp: 80, interval: soon}', /:4:33: web\.health\.interval: it must be a time such as /],
    ['health: {tcp: 80, action: restrat}', /:4:31: web\.health\.action: .*; did you mean "restart"\?$/],
    ['health: {silence: 10ms}', /:4:23: web\.health\.silence: it must be at least 100/],
    ['watch: [{match: a}]', /:4:13: web\.watch\.0: "action" is missing/],
    ['watch: [{match: a, channel: out, action: report}]', /:4:33: web\.watch\.0\.channel: it must be stdout or stderr/],
    [
      'watch: [{match: a, channel: stderr, action: report}]\n    stderr: stdout',
      /:4:12: web\.watch: it cannot name the channel stderr: /,
    ],
    ['maxAge: 8d', /:4:13: web\.maxAge: it must be at most /],
    ['maxMemory: lots', /:4:16: web\.maxMemory: it must be a size such as /],
  ] as const) {
    test(yaml, async () => {
      const { specs, mistakes } = await read(yaml)
      assert.match(mistakes.map(mistakeText).join('\n'), told)
      assert.deepEqual(specs, [])
    })
  }
})
