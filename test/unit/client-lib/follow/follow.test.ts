// Following a process over many connections: every byte once, and a clear end when that is not to be had any more.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type Client,
  type FollowOptions,
  followProcess,
  NetdaemonError,
  type OutputItem,
} from '../../../../client-lib/index.ts'
import type { ProcessSummary } from '../../../../proto/protocol.ts'
import { detail } from '../../../support/client/scripted-admission.ts'
import { exited, type ReceivedRequest, type ScriptedDaemon, scripted } from '../../../support/client/scripted-daemon.ts'
import { budget } from '../../../support/fuzz.ts'

const code = (expected: string) => (error: unknown) => error instanceof NetdaemonError && error.code === expected

/** One connection of the follower's, to come: refused, or to such a run of the daemon, which then acts so. */
type Act = (daemon: ScriptedDaemon) => Promise<void>
type Plan = { readonly refuse: NetdaemonError } | { readonly run?: string; readonly act: Act }

/** A follower whose connections go as planned. Waits take no time; their lengths are noted. */
function following(plans: readonly Plan[], options: Partial<FollowOptions> = {}) {
  const waits: number[] = []
  const acts: Promise<void>[] = []
  const left = [...plans]
  const followed = followProcess({
    process: 'web',
    delayMs: (attempt) => attempt,
    clock: {
      sleep: async (ms, signal) => {
        waits.push(ms)
        signal.throwIfAborted()
      },
    },
    connect: async (): Promise<Client> => {
      const plan = left.shift()
      if (plan === undefined) throw new Error('no more connections are planned')
      if ('refuse' in plan) throw plan.refuse
      const [client, daemon] = await scripted(undefined, plan.run)
      acts.push(plan.act(daemon))
      return client
    },
    ...options,
  })
  return { followed, waits, acts }
}

/** Answers SHOW and ATTACH; the attachment begins where it was asked to. */
async function admit(
  daemon: ScriptedDaemon,
  process: Partial<ProcessSummary> = {},
  start = 0,
): Promise<ReceivedRequest> {
  daemon.ok<'SHOW'>(await daemon.next('SHOW'), { process: detail(process) })
  const request = await daemon.next('ATTACH')
  const { from } = request.params
  daemon.attached(request, { from: typeof from === 'object' ? from.offset : start }, process)
  return request
}

async function readAll(items: AsyncIterable<OutputItem>): Promise<OutputItem[]> {
  const all: OutputItem[] = []
  for await (const item of items) all.push(item)
  return all
}

const text = (items: readonly OutputItem[]) =>
  items.map((item) => (item.kind === 'data' ? String(item.bytes) : `[${item.kind}]`)).join('')

describe('following a process', () => {
  it('goes on from its offset over new connections, and tells each end once', async () => {
    const asked: unknown[] = []
    const { followed, waits } = following(
      [
        {
          act: async (daemon) => {
            asked.push((await admit(daemon)).params)
            daemon.data(0, 'one')
            daemon.data(3, '', 2)
            daemon.connection.close()
          },
        },
        { refuse: new NetdaemonError('NO_DAEMON', 'none') },
        {
          act: async (daemon) => {
            asked.push((await admit(daemon)).params)
            daemon.gap(3, 5)
            daemon.data(5, '', 2)
            daemon.data(5, 'two')
            daemon.data(8, '', 1)
            daemon.final()
          },
        },
      ],
      { lossless: true, keep: { as: 'me', ms: 1000 }, onReconnect: ({ error }) => asked.push(error.code) },
    )
    assert.equal(text(await readAll(followed)), 'one[end][gap]two[end]')
    const same = { lossless: true, keep: { as: 'me', ms: 1000 }, process: 1 }
    assert.deepEqual(asked, [{ ...same, from: 'start' }, 'DISCONNECTED', 'NO_DAEMON', { ...same, from: { offset: 3 } }])
    assert.deepEqual(waits, [1, 2])
    assert.deepEqual(await followed.exited, exited)
    assert.equal(followed.offset, 8)
  })

  it('goes on with a daemon that was restarted and still has the process', async () => {
    const names: unknown[] = []
    const { followed } = following([
      {
        act: async (daemon) => {
          await admit(daemon, { handle: 1, startedAt: 5 })
          daemon.data(0, 'one')
          daemon.connection.close()
        },
      },
      {
        run: 'run-2',
        act: async (daemon) => {
          const show = await daemon.next('SHOW')
          names.push(show.params.process)
          daemon.ok<'SHOW'>(show, { process: detail({ handle: 1, startedAt: 5 }) })
          daemon.attached(await daemon.next('ATTACH'), { from: 3 }, { startedAt: 5 })
          daemon.data(3, 'two')
          daemon.final()
        },
      },
    ])
    assert.equal(text(await readAll(followed)), 'onetwo')
    assert.deepEqual(names, ['web'])
  })

  it('ends with NOT_FOUND when a restarted daemon does not have the process', async () => {
    const { followed } = following([
      {
        act: async (daemon) => {
          await admit(daemon)
          daemon.data(0, 'one')
          daemon.connection.close()
        },
      },
      {
        run: 'run-2',
        act: async (daemon) => {
          daemon.error(await daemon.next('SHOW'), { code: 'NOT_FOUND', message: 'there is no "web"' })
        },
      },
    ])
    await assert.rejects(readAll(followed), (error: NetdaemonError) => {
      assert.match(error.message, /restarted/)
      assert.deepEqual(error.detail, { offset: 3, instance: 'run-2' })
      return code('NOT_FOUND')(error)
    })
    await assert.rejects(followed.exited, code('NOT_FOUND'))
  })

  it('never takes another process of the name for the one it followed', async () => {
    const { followed } = following([
      {
        act: async (daemon) => {
          await admit(daemon, { startedAt: 5 })
          daemon.connection.close()
        },
      },
      {
        run: 'run-2',
        act: async (daemon) => {
          daemon.ok<'SHOW'>(await daemon.next('SHOW'), { process: detail({ startedAt: 6 }) })
        },
      },
    ])
    await assert.rejects(readAll(followed), /another process/)
    const given = following(
      [{ act: async (daemon) => daemon.ok<'SHOW'>(await daemon.next('SHOW'), { process: detail({ startedAt: 6 }) }) }],
      { from: 100, startedAt: 5 },
    )
    await assert.rejects(readAll(given.followed), code('NOT_FOUND'))
  })

  it('fails at once when the first connection does', async () => {
    const refuse = new NetdaemonError('NO_DAEMON', 'none')
    const { followed, waits } = following([{ refuse }])
    await assert.rejects(readAll(followed), code('NO_DAEMON'))
    assert.deepEqual(waits, [])
  })

  it('does not go on when another client has taken its place, nor with a daemon that speaks nonsense', async () => {
    const evicted = following([
      {
        act: async (daemon) => {
          await admit(daemon)
          daemon.send(0x0207, 0, { attachment: 1, handle: 1, reason: 'taken over' })
        },
      },
    ])
    await assert.rejects(readAll(evicted.followed), code('NOT_ATTACHED'))
    const broken = following([
      {
        act: async (daemon) => {
          await admit(daemon)
          daemon.data(77, 'out of order')
        },
      },
    ])
    await assert.rejects(readAll(broken.followed), code('DISCONNECTED'))
    assert.deepEqual(broken.waits, [])
  })

  it('leaves without DETACH, so that its place stays kept', async () => {
    let daemon: ScriptedDaemon | undefined
    const { followed } = following([
      {
        act: async (scriptedDaemon) => {
          daemon = scriptedDaemon
          await admit(scriptedDaemon)
          scriptedDaemon.data(0, 'one')
          scriptedDaemon.data(3, 'two', 2)
        },
      },
    ])
    for await (const item of followed) {
      assert.equal(text([item]), 'one')
      break
    }
    assert.deepEqual(daemon?.requests, [])
    assert.deepEqual(daemon?.closed, { by: 'peer' })
    await assert.rejects(followed.exited, code('NOT_ATTACHED'))
  })

  it('ends at once by its signal, and by close(), whatever it waits for', async () => {
    const attached: Plan = { act: async (daemon) => void (await admit(daemon)) }
    const controller = new AbortController()
    const aborted = following([attached], { signal: controller.signal })
    const reading = readAll(aborted.followed)
    const rejected = assert.rejects(reading, /enough/)
    while (aborted.followed.process === undefined) await new Promise((resolve) => setImmediate(resolve))
    controller.abort(new Error('enough'))
    await rejected
    const closed = following([attached])
    const readingClosed = readAll(closed.followed)
    while (closed.followed.process === undefined) await new Promise((resolve) => setImmediate(resolve))
    await closed.followed.close()
    assert.deepEqual(await readingClosed, [])
    await assert.rejects(closed.followed.exited, code('NOT_ATTACHED'))
  })

  it('gives every byte once, wherever connections break', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 8 }),
        async (chunks, breaks) => {
          const total = chunks.reduce((sum, length) => sum + length, 0)
          const source = Buffer.from(Array.from({ length: total }, (_, index) => index % 251))
          const sendUpTo = (daemon: ScriptedDaemon, from: number, limit: number) => {
            for (let at = from, step = 0; at < limit; step++) {
              const length = Math.min(chunks[step % chunks.length] ?? 1, limit - at)
              daemon.data(at, source.subarray(at, at + length), step % 2 === 0 ? 1 : 2)
              at += length
            }
          }
          const plans: Plan[] = [...breaks, total].map((length, index) => ({
            act: async (daemon) => {
              const from = (await admit(daemon)).params.from.offset ?? 0
              const last = index === breaks.length
              sendUpTo(daemon, from, last ? total : Math.min(total, from + length))
              if (last) daemon.final()
              else daemon.connection.close()
            },
          }))
          const { followed } = following(plans)
          const read = await readAll(followed)
          const bytes = Buffer.concat(read.map((item) => (item.kind === 'data' ? item.bytes : Buffer.alloc(0))))
          assert.ok(bytes.equals(source))
        },
      ),
      { ...budget(100) },
    )
  })
})
