// Holding on to a process over connections that break, with daemons that act as a test says.

import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CliError } from '../../../../cli/complaint.ts'
import { HeldProcess } from '../../../../cli/connection/held-process.ts'
import { isLost } from '../../../../cli/connection/lost-connection.ts'
import { type Client, NetdaemonError } from '../../../../client-lib/index.ts'
import { admit, detail } from '../../../support/client/scripted-admission.ts'
import { type ScriptedDaemon, scripted } from '../../../support/client/scripted-daemon.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'
import { waitFor } from '../../../support/wait.ts'

const noDaemon = () => Promise.reject(new NetdaemonError('NO_DAEMON', 'none'))

/** A held process, and what it tried and said. `connect` makes its later connections. */
async function holding(connect: () => Promise<Client>, { retryMs = 10_000, from = 0 } = {}) {
  const clock = new ManualClock()
  const said: string[] = []
  const [client, daemon] = await scripted()
  const attaching = client.attach('web')
  daemon.attached(await daemon.next('ATTACH'), { from })
  const held = new HeldProcess(client, await attaching, {
    attach: () => ({ lossless: true, readOnly: false }),
    retryMs,
    connect,
    clock,
    lost: (error) => said.push(`lost: ${'code' in error ? error.code : error.message}`),
    returned: (unsure) => said.push(`returned, ${unsure} unsure`),
  })
  return { held, daemon, clock, said }
}

/** Reads the output until it ends; the error it ends with. */
async function readUntilLost(held: HeldProcess): Promise<{ text: string; error: Error }> {
  let text = ''
  try {
    for await (const item of held.attachment.output) if (item.kind === 'data') text += item.bytes
  } catch (error) {
    if (isLost(error)) return { text, error }
    throw error
  }
  throw new Error('the connection was not lost')
}

/** Loses the connection after some output. */
async function lose(daemon: ScriptedDaemon, held: HeldProcess): Promise<Error> {
  daemon.data(held.attachment.stream.from, 'abc')
  const reading = readUntilLost(held)
  daemon.connection.close()
  return (await reading).error
}

describe('a process that is held on to', () => {
  it('goes on at the next byte over another connection, and says so once', async () => {
    const next = scripted()
    let tries = 0
    const { held, daemon, clock, said } = await holding(() =>
      ++tries < 4 ? noDaemon() : next.then(([client]) => client),
    )
    const back = held.reattach(await lose(daemon, held))
    for (let waited = 1; waited <= 3; waited++) {
      await waitFor('a try', () => tries === waited && clock.waiting === 1)
      equal(held.away, true)
      clock.advance(2000)
    }
    const [, second] = await next
    const asked = await admit(second)
    await back
    deepEqual(asked, { show: { process: 1 }, attach: { ...asked.attach, process: 1, from: { offset: 3 } } })
    equal(asked.attach.lossless, true)
    equal(held.away, false)
    deepEqual(said, ['lost: DISCONNECTED', 'returned, 0 unsure'])
    second.data(3, 'def')
    second.connection.close()
    equal((await readUntilLost(held)).text, 'def')
  })

  it('begins with the screen if asked to', async () => {
    const next = scripted()
    const { held, daemon } = await holding(() => next.then(([client]) => client))
    const back = held.reattach(await lose(daemon, held), 'screen')
    equal((await admit((await next)[1], { screen: 'S' })).attach.from, 'screen')
    await back
    equal(held.attachment.stream.screen, 'S')
  })

  it('is given up after the time, with what runs on', async () => {
    const { held, daemon, clock } = await holding(noDaemon, { retryMs: 3000 })
    const given = rejects(held.reattach(await lose(daemon, held)), (error) => {
      match(String(error), /"web" runs on, as pid 42/)
      return error instanceof CliError && error.status === 125
    })
    for (let waitedMs = 0; waitedMs < 4000; waitedMs += 500) {
      await new Promise(setImmediate)
      clock.advance(500)
    }
    await given
  })

  it('is given up at once if nothing is to be tried, or nothing can come of it', async () => {
    const first = await holding(noDaemon, { retryMs: 0 })
    await rejects(first.held.reattach(await lose(first.daemon, first.held)), CliError)
    deepEqual(first.said, [])
    const second = await holding(noDaemon)
    const cause = new NetdaemonError('BAD_PACKET', 'bad packet: x')
    await rejects(second.held.reattach(new NetdaemonError('DISCONNECTED', 'x', { cause })), /bad packet: x/)
  })

  it('does not try longer for being lost again and again at the same place', async () => {
    const { held, daemon, clock } = await holding(
      async () => {
        const [client, other] = await scripted()
        void admit(other).then(() => other.connection.close())
        return client
      },
      { retryMs: 1000 },
    )
    let lost: Error = await lose(daemon, held)
    for (let times = 0; times < 3; times++) {
      await held.reattach(lost)
      lost = (await readUntilLost(held)).error
      clock.advance(600)
      if (times === 1) break
    }
    await rejects(held.reattach(lost), CliError)
  })

  it('is not taken for another of its name, nor looked for by its old handle in another daemon', async () => {
    const next = scripted(undefined, 'run-2')
    const { held, daemon } = await holding(() => next.then(([client]) => client))
    const back = held.reattach(await lose(daemon, held))
    const [, second] = await next
    const show = await second.next('SHOW')
    equal(show.params.process, 'web')
    second.ok<'SHOW'>(show, { process: detail({ startedAt: 99 }) })
    await rejects(
      back,
      (error) => error instanceof CliError && /"web" is another process, .* pid 42/.test(error.message),
    )
  })

  it('is said to be gone when its own daemon has forgotten it', async () => {
    const next = scripted()
    const { held, daemon } = await holding(() => next.then(([client]) => client))
    const back = held.reattach(await lose(daemon, held))
    const [, second] = await next
    second.error(await second.next('SHOW'), { code: 'NOT_FOUND', message: 'no "web"' })
    await rejects(back, /"web" was removed while this client was away/)
  })

  it('gets what is written while it is away, once it is back, and not what was on its way', async () => {
    const next = scripted()
    const { held, daemon, said } = await holding(() => next.then(([client]) => client))
    const lostWrite = held.write(Buffer.from('lost'))
    await daemon.nextStream()
    const lost = await lose(daemon, held)
    const later = held.write(Buffer.from('later'))
    const end = held.end()
    const back = held.reattach(lost)
    const [, second] = await next
    await admit(second)
    await back
    await lostWrite
    deepEqual(said.at(-1), 'returned, 4 unsure')
    const written = await second.nextStream()
    match(String('bytes' in written && written.bytes), /later/)
    second.ackInput(5)
    await later
    await end
  })

  it('refuses what is written when it is not to be had any more', async () => {
    const { held, daemon, clock } = await holding(noDaemon, { retryMs: 100 })
    const back = held.reattach(await lose(daemon, held))
    const write = held.write(Buffer.from('x'))
    back.catch(() => undefined)
    await waitFor('the wait', () => clock.waiting > 0)
    clock.advance(200)
    await rejects(back, CliError)
    await rejects(write, CliError)
  })

  it('is drawn anew over the same connection', async () => {
    const { held, daemon } = await holding(noDaemon)
    const redrawn = held.redraw()
    daemon.ok<'DETACH'>(await daemon.next('DETACH'), {})
    const attach = await daemon.next('ATTACH')
    daemon.attached(attach, { screen: 'hello' })
    await redrawn
    deepEqual([attach.params.process, attach.params.from], [1, 'screen'])
    equal(held.attachment.stream.screen, 'hello')
  })

  it('has ended when all its output has come', async () => {
    const { held, daemon } = await holding(noDaemon)
    const kind = () => held.ended?.kind
    equal(kind(), undefined)
    daemon.final()
    await waitFor('its end', () => kind() === 'exited')
  })
})
