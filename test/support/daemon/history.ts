// A history of requests, deaths and time, played on a daemon in memory, and a model beside it that says what each answer must mean at
// the moment it is given. See `History.finish` for what must be true at the end of every history.

import assert from 'node:assert/strict'
import { RequestTurn } from '../../../daemon/loop/request-turn.ts'
import type { Process } from '../../../daemon/process/process.ts'
import { isSuccess } from '../../../daemon/process/restart-policy.ts'
import { encodeAck, type Message } from '../../../proto/codec/codec.ts'
import type { ErrorBody } from '../../../proto/errors.ts'
import { type AttachOptions, frames, type RequestName, requestName, requests, STDOUT } from '../../../proto/protocol.ts'
import { RawClient } from '../client/raw-client.ts'
import { memoryPair } from '../transport/memory-pair.ts'
import { attachmentOf, HistoryAttachment } from './history-attachment.ts'
import { MemoryDaemon } from './memory-daemon.ts'
import { observed } from './observed-connection.ts'
import { PlayedLauncher, type PlayedProgram, PlayedPrograms } from './played-programs.ts'

/** A request as the daemon took it. */
interface Asked {
  readonly name: RequestName
  readonly params: Record<string, unknown>
  readonly process: Process | undefined
  readonly runs: number
  readonly at: number
  cancelled: boolean
}

interface HistoryClient {
  readonly raw: RawClient
  readonly asked: Map<number, Asked>
  readonly unanswered: Set<number>
  /** By the request that was answered with it; the client does not know of it yet. */
  readonly granted: Map<number, HistoryAttachment>
  readonly attachments: Map<number, HistoryAttachment>
  read: number
  lastId: number
  gone: boolean
}

/** Longer than anything that a history waits for; those that are kept expire later. */
const LONG_MS = 10 ** 6

type Intent = 'up' | 'down' | 'any'

export class History {
  readonly daemon: MemoryDaemon
  readonly programs: PlayedPrograms
  readonly clients: HistoryClient[] = []
  readonly attachments: HistoryAttachment[] = []
  /** What the last request about each process asked for. */
  readonly #intents = new Map<Process, Intent>()
  readonly #wrong: Error[] = []

  constructor() {
    let programs: PlayedPrograms | undefined
    this.daemon = new MemoryDaemon(
      { retainMs: 10 ** 9 },
      {
        launcher: (clock) => {
          programs = new PlayedPrograms(clock)
          return new PlayedLauncher(programs, clock)
        },
        // No request waits for another: when it is taken it is carried out.
        requestTurn: new RequestTurn(setImmediate, () => 0),
      },
    )
    this.programs = programs ?? assert.fail()
    this.programs.onSwept = (reaped) => this.daemon.leftovers.swept(reaped)
  }

  get processes(): Process[] {
    return Array.from(this.daemon.processes.all())
  }

  async connect(): Promise<HistoryClient> {
    const [theirs, ours] = memoryPair({ peer: { pid: 77, uid: 0, gid: 0 } })
    const client: HistoryClient = {
      raw: undefined as unknown as RawClient,
      asked: new Map(),
      unanswered: new Set(),
      granted: new Map(),
      attachments: new Map(),
      read: 0,
      lastId: 0,
      gone: false,
    }
    const guarded = (check: () => void) => {
      try {
        check()
      } catch (error) {
        this.#wrong.push(error as Error)
      }
    }
    const watch = {
      taken: (message: Message) => guarded(() => this.#taken(client, message)),
      sent: (message: Message) => guarded(() => this.#answered(client, message)),
    }
    this.daemon.welcome(observed(ours, watch))
    Object.assign(client, { raw: new RawClient(theirs) })
    this.daemon.clients.push(client.raw)
    this.clients.push(client)
    await client.raw.hello()
    client.lastId = 100
    return client
  }

  /** Sends a request, and lets the daemon take it. */
  async ask(client: HistoryClient, name: RequestName, params: Record<string, unknown>): Promise<number> {
    const id = ++client.lastId
    client.unanswered.add(id)
    client.raw.post(requests[name].code, params, id)
    for (let n = 0; n < 20 && !client.asked.has(id); n++) await this.turn()
    assert.ok(client.asked.has(id), 'a request is not taken')
    return id
  }

  /** Everybody reads what has come. */
  async turn(times = 1): Promise<void> {
    for (let n = 0; n < times; n++) {
      await new Promise((resolve) => setImmediate(resolve))
      this.programs.flow()
      for (const client of this.clients) this.#read(client)
      this.check()
    }
  }

  /** The connection breaks. */
  leave(client: HistoryClient): void {
    client.gone = true
    for (const attachment of [...client.attachments.values(), ...client.granted.values()]) attachment.left = true
    client.raw.connection.destroy()
  }

  input(client: HistoryClient, attachment: HistoryAttachment, text: string): void {
    const bytes = Buffer.from(text)
    client.raw.sendInput(attachment.id, attachment.sent, bytes)
    attachment.sent += bytes.length
  }

  ack(client: HistoryClient, attachment: HistoryAttachment): void {
    if (attachment.over || attachment.acked === attachment.offset) return
    attachment.acked = attachment.offset
    client.raw.send(encodeAck(attachment.id, STDOUT, attachment.offset))
  }

  check(): void {
    const [wrong] = this.#wrong
    if (wrong !== undefined) throw wrong
    assert.deepEqual(this.programs.violations, [])
    assert.deepEqual(this.daemon.logged, [])
  }

  /** Time goes on until nothing happens any more, with clients that read and programs that do nothing by themselves. */
  async settle(): Promise<void> {
    for (let round = 0; round < 300; round++) {
      const { dying } = this.programs
      this.programs.die()
      this.programs.sweep()
      await this.turn()
      for (const client of this.clients) this.#ackAll(client)
      if (dying) continue
      await this.turn()
      const { next } = this.daemon.clock
      if (next === undefined || next > LONG_MS) break
      this.daemon.clock.advance(next)
    }
    for (let before = ''; before !== this.#offsets; ) {
      before = this.#offsets
      for (const client of this.clients) this.#ackAll(client)
      await this.turn(6)
    }
    await this.turn(2)
  }

  get #offsets(): string {
    return this.attachments.map(({ offset }) => offset).join()
  }

  #ackAll(client: HistoryClient): void {
    if (client.gone) return
    for (const attachment of client.attachments.values()) this.ack(client, attachment)
  }

  async finish(): Promise<void> {
    const { daemon, programs } = this
    programs.fates.length = 0
    programs.release()
    await this.settle()
    for (const [process, intent] of this.#intents) this.#endsAs(process, intent)
    const last = await this.connect()
    for (const process of this.processes) await this.ask(last, 'STOP', { process: process.handle })
    await this.settle()
    for (const process of this.processes) {
      const { state } = process.life.model
      assert.ok(['stopped', 'failed'].includes(state.kind), `${process.id} is ${state.kind} after STOP`)
      assert.ok(process.ended, `${process.id} has not ended after STOP`)
    }
    for (const attachment of this.attachments) {
      if (attachment.left) continue
      const { id } = attachment.program.program
      if (attachment.terms.until === 'removed' && !attachment.final)
        assert.ok(attachment.complete, `${id}: all of it is to be told: ${attachment.owed}`)
      else assert.ok(attachment.final, `${id}: an attachment until ${attachment.terms.until} goes on at rest`)
      if (!attachment.final) assert.equal(attachment.accounted, attachment.sent, `${id}: input is not accounted for`)
    }
    for (const process of this.processes) await this.ask(last, 'REMOVE', { process: process.handle })
    await this.settle()
    assert.deepEqual(this.processes, [])
    for (const attachment of this.attachments) assert.ok(attachment.over, 'an attachment goes on after a removal')
    for (const { unanswered, asked, gone } of this.clients) {
      if (gone) continue
      const names = Array.from(unanswered, (id) => JSON.stringify(asked.get(id)?.name ?? id))
      assert.deepEqual(names, [], 'requests without an answer')
    }
    for (const client of this.clients) this.leave(client)
    for (const each of programs.living()) programs.end(each, { code: 0 })
    await this.settle()
    const { specs, output, screens, input, answers } = daemon.bounds
    const kept = [specs, output, screens, input, answers].map(({ used }) => used)
    assert.deepEqual(kept, [0, 0, 0, 0, 0], 'memory is still accounted for')
    // The one timer of all that is kept.
    daemon.processes.dispose()
    assert.deepEqual([daemon.openSessions, daemon.clock.waiting, programs.living().length], [0, 0, 0])
    await daemon[Symbol.asyncDispose]()
  }

  #taken(client: HistoryClient, message: Message): void {
    if (message.cmd !== 'GENERAL' || message.id === 0) return
    const name = requestName(message.code)
    if (name === undefined) return
    const params = message.body as Record<string, unknown>
    const process = this.#find(params.process)
    const runs = process?.life.model.runs ?? 0
    client.asked.set(message.id, { name, params, process, runs, at: this.daemon.clock.now(), cancelled: false })
    if (name === 'CANCEL') {
      const cancelled = client.asked.get(params.request as number)
      if (cancelled !== undefined) cancelled.cancelled = true
    }
    if (name === 'START') this.#startsNeeded((params.spec as Process['spec']).dependsOn)
    if (process === undefined) return
    if (name === 'STOP' || (name === 'REMOVE' && params.force === true)) this.#intents.set(process, 'down')
    if (name === 'UP' || name === 'RESTART') this.#intents.set(process, 'up')
    if (name === 'UP') this.#startsNeeded(process.spec.dependsOn)
  }

  /** What a process needs may be started for it, whatever was asked for before. */
  #startsNeeded(needs: Process['spec']['dependsOn']): void {
    const needed = new Set(Object.keys(needs ?? {}))
    for (const name of needed) {
      const found = this.#find(name)
      if (found === undefined) continue
      this.#intents.set(found, 'any')
      for (const further of Object.keys(found.spec.dependsOn ?? {})) needed.add(further)
    }
  }

  #answered(client: HistoryClient, message: Message): void {
    if (message.cmd !== 'GENERAL' || message.id === 0) return
    const asked = client.asked.get(message.id)
    if (asked === undefined || asked.name === 'HELLO') return
    assert.ok(client.unanswered.delete(message.id), `${asked.name} is answered twice`)
    if (message.code === frames.ERROR.code) this.#refused(asked, message.body as ErrorBody)
    else this.#done(client, message.id, asked, message.body)
  }

  #done(client: HistoryClient, id: number, asked: Asked, body: unknown): void {
    const { name, params, process } = asked
    const waited = params.wait !== false
    const model = process?.life.model
    const what = `OK to ${name}, ${process?.id} is ${model?.state.kind}`
    assert.ok(!asked.cancelled, `${name} was cancelled`)
    switch (name) {
      case 'START': {
        const started = this.#find((body as { process: { handle: number } }).process.handle) ?? assert.fail()
        this.#intents.set(started, 'up')
        if ((body as { stream?: unknown }).stream !== undefined)
          this.#attached(client, id, started, params.attach, body)
        break
      }
      case 'ATTACH':
        this.#attached(client, id, process ?? assert.fail(), params, body)
        break
      case 'UP':
      case 'RESTART': {
        if (!waited || process === undefined || model === undefined) break
        const { state } = model
        const isEnd = state.kind === 'exited' || state.kind === 'killed'
        assert.ok(state.kind === 'running' || (isEnd && isSuccess(state.last.end, process.life.spec.restart)), what)
        if (state.kind === 'running') assert.ok(this.#livesOn(process), `${what}, and nothing runs`)
        if (name === 'RESTART') assert.ok(model.runs > asked.runs, `${what}, in the same run as before`)
        break
      }
      case 'STOP': {
        if (!waited || process === undefined || model === undefined) break
        assert.ok(model.wanted === 'down' && ['stopped', 'failed'].includes(model.state.kind), what)
        this.#nothingLives(process, what)
        break
      }
      case 'REMOVE': {
        if (process === undefined) break
        assert.ok(!this.processes.includes(process), 'OK to REMOVE, and it is there')
        this.#intents.delete(process)
        const { left } = body as { left?: { pid: number }[] }
        if (params.force === true && left === undefined) this.#nothingLives(process, 'OK to REMOVE with force')
        break
      }
      case 'WAIT':
        assert.ok(process?.ended ?? true, what)
    }
  }

  #attached(client: HistoryClient, id: number, process: Process, terms: unknown, body: unknown): void {
    const { stream } = body as { stream: { attachment: number; from: number } }
    const { from, until = 'rest', lossless = false, window = 65536 } = terms as AttachOptions
    const program = this.#program(process)
    const all = from === 'start' || typeof from === 'object' || terms === undefined
    const started = stream.from === 0 && all
    const border = started ? 0 : all ? firstAt(program, stream.from) : program.borders.length
    const ids = { id: stream.attachment, handle: process.handle, from: stream.from }
    const attachment = new HistoryAttachment(ids, program, { until, lossless, window }, border)
    attachment.left = client.gone
    client.granted.set(id, attachment)
    this.attachments.push(attachment)
  }

  #refused({ name, process, at, params, cancelled }: Asked, { code, message }: ErrorBody): void {
    const what = `${name} of ${process?.id ?? '?'}: ${code} ${message}`
    const model = process?.life.model
    assert.equal(code === 'CANCELLED', cancelled, what)
    switch (code) {
      case 'NOT_UP':
        assert.ok(model?.state.kind !== 'running' && model?.state.kind !== 'starting', what)
        break
      case 'SUPERSEDED':
        if (process !== undefined && this.processes.includes(process))
          assert.notEqual(this.#intents.get(process), name === 'STOP' || name === 'REMOVE' ? 'down' : 'up', what)
        break
      case 'SURVIVORS':
        assert.ok(this.#livesOn(process), what)
        break
      case 'TIMEOUT':
        assert.ok(this.daemon.clock.now() >= at + Number(params.timeoutMs), what)
        break
      case 'STILL_RUNNING':
        assert.ok(process?.ended === false, what)
        break
      case 'NOT_RUNNING':
        assert.ok(process?.pid === undefined, what)
        break
      case 'CANNOT_START':
      case 'NAME_TAKEN':
        assert.equal(name, 'START', what)
        break
      case 'NOT_FOUND':
        assert.equal(process, undefined, what)
        break
      case 'CANCELLED':
      case 'NOT_ATTACHED':
        break
      case 'BAD_REQUEST':
        assert.match(message, /depend|ahead/, what)
        break
      default:
        assert.fail(what)
    }
  }

  #nothingLives(process: Process, what: string): void {
    for (const { main, children } of this.#runs(process)) {
      assert.ok(!main.alive, `${what}, and its main process lives`)
      if (process.spec.stop?.scope === 'process') continue
      assert.ok(!children.some(({ alive, hidden }) => alive && !hidden), `${what}, and something of it lives`)
    }
  }

  /** As far as the daemon can know: what it has not reaped counts as living. */
  #livesOn(process: Process | undefined): boolean {
    const { main, children = [] } = this.#runs(process).at(-1) ?? {}
    return main?.alive === true || this.programs.isZombie(main?.pid) || children.some(({ alive }) => alive)
  }

  #endsAs(process: Process, intent: Intent): void {
    if (!this.processes.includes(process)) return
    const { state, wanted } = process.life.model
    const what = `${process.id} was to be ${intent}, and is ${state.kind} (wanted ${wanted})`
    if (state.kind === 'waiting') {
      const unmet = this.daemon.processes.dependencies.unmet(process)
      assert.deepEqual(state.unmet, unmet, `${what}, with what it waits for`)
      assert.ok(unmet.length > 0, `${what}, for nothing`)
    }
    if (intent === 'up') assert.ok(['running', 'exited', 'killed', 'failed', 'waiting'].includes(state.kind), what)
    if (intent === 'down') assert.ok(wanted === 'down' && ['stopped', 'failed'].includes(state.kind), what)
    if (intent === 'down') this.#nothingLives(process, what)
  }

  #runs(process: Process | undefined): PlayedProgram['runs'] {
    return process === undefined ? [] : this.#program(process).runs
  }

  #program(process: Process): PlayedProgram {
    return this.programs.of(process.program)
  }

  #find(ref: unknown): Process | undefined {
    return this.processes.find(({ handle, id }) => handle === ref || id === ref)
  }

  #read(client: HistoryClient): void {
    const { received } = client.raw
    for (; client.read < received.length; client.read++) {
      const message = received[client.read]
      if (message === undefined || client.gone) continue
      const granted = message.cmd === 'GENERAL' ? client.granted.get(message.id) : undefined
      if (granted !== undefined) client.attachments.set(granted.id, granted)
      const id = attachmentOf(message)
      if (id !== undefined) client.attachments.get(id)?.take(message)
    }
    if (!client.gone) assert.equal(client.raw.closed, undefined, JSON.stringify(client.raw.abort))
  }
}

function firstAt({ borders }: PlayedProgram, offset: number): number {
  const at = borders.findIndex((border) => border.offset >= offset)
  return at < 0 ? borders.length : at
}
