// The attack, for some rounds of its hostile clients: by hand it runs for ten minutes (npm run attack -- --minutes 10).

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('hostile clients cost the daemon nothing: it lives in a small heap, answers others, and loses no byte', async (t) => {
  const attack = fileURLToPath(new URL('../soak/attack.js', import.meta.url))
  const args = ['--enable-source-maps', attack, '--rounds', '5', '--clients', '10']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  const [code] = await once(child, 'close')
  assert.equal(code, 0, said)
  t.diagnostic(/LIST \d+ times.*/.exec(said)?.[0] ?? said)
})
