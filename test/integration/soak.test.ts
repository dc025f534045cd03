// The soak, for some acts of its clients: by hand it runs for half an hour (npm run soak -- --minutes 30).

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('random clients against random processes: no byte is wrong, and nothing is left', async (t) => {
  const soak = fileURLToPath(new URL('../soak/soak.js', import.meta.url))
  const args = ['--enable-source-maps', soak, '--acts', '40']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  const [code] = await once(child, 'close')
  assert.equal(code, 0, said)
  const bytes = /bytes checked +([\d,]+)/.exec(said)?.[1]
  t.diagnostic(`${bytes} bytes checked`)
  assert.ok(Number(bytes?.replaceAll(',', '')) > 100_000, said)
})
