// The output of a process on our terminal: unchanged, and drawn anew where some of it is missing.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Screen, TerminalView } from '../../../../cli/attached/terminal-view.ts'
import { HeldProcess } from '../../../../cli/connection/held-process.ts'
import type { Client } from '../../../../client-lib/index.ts'
import { admit } from '../../../support/client/scripted-admission.ts'
import { exited, scripted } from '../../../support/client/scripted-daemon.ts'
import { ManualClock } from '../../../support/daemon/manual-clock.ts'
import { waitFor } from '../../../support/wait.ts'

/** A view, with a journal of what is done to the terminal. */
async function viewing(stream: { screen?: string; from?: number } = {}, connect?: () => Promise<Client>) {
  const clock = new ManualClock()
  const journal: string[] = []
  const [client, daemon] = await scripted()
  const attaching = client.attach('web')
  daemon.attached(await daemon.next('ATTACH'), stream)
  const held = new HeldProcess(client, await attaching, {
    attach: () => ({ size: { columns: 80, rows: 24 } }),
    retryMs: 1000,
    connect: connect ?? (() => Promise.reject(new Error('no more connections are planned'))),
    clock,
    lost: () => journal.push('lost'),
    returned: () => journal.push('returned'),
  })
  const terminal: Screen = {
    draw: (screen) => void journal.push(`draw ${screen}`),
    write: (bytes) => void journal.push(`write ${Buffer.from(bytes)}`),
    flush: async () => void journal.push('flush'),
    nextRun: () => journal.push('next run'),
    enter: () => journal.push('enter'),
    leave: (below) => journal.push(below ? 'leave below' : 'leave'),
    notice: (sentence) => journal.push(`notice ${sentence}`),
  }
  return { view: new TerminalView(held, terminal, clock), held, daemon, clock, journal }
}

/** Answers the requests by which a screen is drawn anew. */
async function redraw(daemon: Awaited<ReturnType<typeof viewing>>['daemon'], screen: string, from: number) {
  daemon.ok<'DETACH'>(await daemon.next('DETACH'), {})
  await attachToScreen(daemon, screen, from)
}

async function attachToScreen(daemon: Awaited<ReturnType<typeof viewing>>['daemon'], screen: string, from: number) {
  const attach = await daemon.next('ATTACH')
  deepEqual([attach.params.from, attach.params.size], ['screen', { columns: 80, rows: 24 }])
  daemon.attached(attach, { screen, from })
}

describe('a view', () => {
  it('shows the screen, then what comes, then the end', async () => {
    const { view, daemon, journal } = await viewing({ screen: 'S', from: 5 })
    const end = view.toEnd()
    daemon.data(5, 'abc')
    daemon.final()
    deepEqual(await end, exited)
    deepEqual(journal, ['draw S', 'write abc', 'flush'])
  })

  it('is drawn anew where output is missing, and not more often than can be seen', async () => {
    const { view, daemon, clock, journal } = await viewing()
    const end = view.toEnd()
    daemon.data(0, 'a')
    daemon.gap(1, 100)
    daemon.data(100, 'never shown')
    await redraw(daemon, 'one', 200)
    daemon.data(200, 'b')
    daemon.gap(201, 300)
    daemon.ok<'DETACH'>(await daemon.next('DETACH'), {})
    await waitFor('the wait', () => clock.waiting === 1)
    equal(daemon.requests.length, 0)
    clock.advance(250)
    await attachToScreen(daemon, 'two', 300)
    daemon.final()
    await end
    deepEqual(journal, ['write a', 'draw one', 'write b', 'draw two', 'flush'])
  })

  it('names what is missing of the history that was asked for', async () => {
    const { view, daemon, journal } = await viewing()
    const end = view.toEnd()
    daemon.gap(0, 100)
    daemon.data(100, 'a')
    daemon.final()
    await end
    deepEqual(journal, ['notice 100 bytes of output are missing here (offset 0 to 100)', 'write a', 'flush'])
  })

  it('is drawn anew after the connection was lost', async () => {
    const next = scripted()
    const { view, daemon, journal } = await viewing({}, () => next.then(([client]) => client))
    const end = view.toEnd()
    daemon.data(0, 'a')
    daemon.connection.close()
    const [, second] = await next
    equal((await admit(second, { screen: 'S' })).attach.from, 'screen')
    second.final()
    await end
    deepEqual(journal, ['write a', 'lost', 'returned', 'draw S', 'flush'])
  })

  it('leaves everything alone while ndctl is stopped, and is drawn anew then', async () => {
    const { view, daemon, journal } = await viewing()
    const end = view.toEnd()
    daemon.data(0, 'a')
    await waitFor('a', () => journal.length === 1)
    const suspended = view.suspend()
    daemon.ok<'DETACH'>(await daemon.next('DETACH'), {})
    await suspended
    deepEqual(journal, ['write a', 'flush', 'leave below'])
    view.resume()
    await attachToScreen(daemon, 'S', 9)
    daemon.final()
    await end
    deepEqual(journal.slice(3), ['enter', 'draw S', 'flush'])
  })

  it('is drawn anew when ndctl was stopped without being asked', async () => {
    const { view, daemon, journal } = await viewing()
    const end = view.toEnd()
    view.resume()
    await redraw(daemon, 'S', 0)
    daemon.final()
    await end
    deepEqual(journal, ['enter', 'draw S', 'flush'])
  })

  it('ends as the process has, while ndctl was stopped', async () => {
    const { view, held, daemon } = await viewing()
    const end = view.toEnd()
    daemon.final()
    await waitFor('its end', () => held.ended !== undefined)
    await view.suspend()
    view.resume()
    deepEqual(await end, exited)
  })

  it('fails as the attachment does', async () => {
    const { view, daemon } = await viewing()
    const end = view.toEnd()
    daemon.send(0x0207, 0, { attachment: 1, handle: 1, reason: 'taken over' })
    await rejects(end, /taken over/)
  })
})
