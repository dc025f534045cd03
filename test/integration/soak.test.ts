// The soak, for some acts of its clients, and the ends of trees, for some rounds: by hand they run for half an hour
// (npm run soak -- --minutes 30, npm run trees -- --rounds 1000).

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

test('programs that hide what they make, ended in every way: nothing of them lives', async () => {
  assert.match(await run('trees', '--rounds', '8'), /^8 rounds, 0 survivors$/m)
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
