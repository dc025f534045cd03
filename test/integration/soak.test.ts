// The soak, for some acts of its clients; by hand it runs for half an hour (npm run soak -- --minutes 30). The rounds of `npm run trees`
// are not run here: about 3 of 1,000 still find a survivor, see docs/decisions/supervision.md.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('random clients against random processes: no byte is wrong, and nothing is left', async (t) => {
  const said = await run('soak', '--acts', '40')
  const bytes = /bytes checked +([\d,]+)/.exec(said)?.[1]
  t.diagnostic(`${bytes} bytes checked`)
  assert.ok(Number(bytes?.replaceAll(',', '')) > 100_000, said)
})

/** Runs a program of test/soak to its end, which must be a good one; what it printed. */
async function run(name: string, ...args: string[]): Promise<string> {
  const program = fileURLToPath(new URL(`../soak/${name}.js`, import.meta.url))
  const child = spawn(process.execPath, ['--enable-source-maps', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  const [code] = await once(child, 'close')
  assert.equal(code, 0, said)
  return said
}
