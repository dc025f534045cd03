// What the daemon says while it is connected: all processes once a second, their events as they happen, what they use, and
// the details of the one that is looked at. Lost connections are made again, for as long as the UI runs.

import { type Client, isLive, type ProcessEvent } from '../protocol-types.ts'
import type { Action } from '../store/actions.ts'
import type { Handle, UiState } from '../store/state.ts'
import { listRows, viewLayout } from '../store/view-layout.ts'
import { isError } from './console-session.ts'
import { declarationsOf } from './declarations.ts'

const ROUND_MS = 1000
/** Lists are asked for at most this often when things happen. */
const SOON_MS = 100
/** A list that takes long is asked for less often: its time is a small share of ours. */
const ROUND_FACTOR = 10
/** Up to so many running processes are all measured; of more, only those that are to be seen. */
const MEASURED_MAX = 100
const RETRY_FIRST_MS = 200
const RETRY_LONGEST_MS = 3000

export interface FeedOptions {
  readonly connect: (signal: AbortSignal) => Promise<Client>
  readonly dispatch: (action: Action) => void
  readonly state: () => UiState
  /** The connection is there, or has gone. */
  readonly connected: (client: Client | undefined) => void
}

export class DaemonFeed {
  readonly #options: FeedOptions
  readonly #stopping = new AbortController()
  #client: Client | undefined
  #soon: NodeJS.Timeout | undefined
  #round: NodeJS.Timeout | undefined
  #isAsking = false
  #isAskedAgain = false
  /** The daemon can't measure; it will not learn it. */
  #measures = true
  #lastEvent: { readonly instance: string; readonly seq: number } | undefined

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** Follows the daemon until {@link stop}, beginning with a connection that is there. */
  async run(first: Client): Promise<void> {
    const { signal } = this.#stopping
    const { dispatch, connected } = this.#options
    for (let client: Client | undefined = first; client !== undefined; client = await this.#reconnect(signal)) {
      this.#client = client
      dispatch({ type: 'link changed', link: { kind: 'connected', run: client.daemon.instance } })
      connected(client)
      void this.#followEvents(client, signal)
      void this.#ask()
      const reason = await client.closed
      this.#client = undefined
      clearTimeout(this.#round)
      connected(undefined)
      if (signal.aborted) return
      const words = reason?.cause instanceof Error ? reason.cause.message : 'the daemon has ended, or was killed'
      dispatch({ type: 'link changed', link: { kind: 'lost', since: Date.now(), reason: words } })
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#soon)
    clearTimeout(this.#round)
    await this.#client?.close()
  }

  /** What is known may be outdated, or something else is looked at: asks soon. */
  refresh(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      void this.#ask()
    }, SOON_MS)
  }

  async #reconnect(signal: AbortSignal): Promise<Client | undefined> {
    for (let delayMs = RETRY_FIRST_MS; ; delayMs = Math.min(2 * delayMs, RETRY_LONGEST_MS)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, delayMs)
        signal.addEventListener('abort', () => {
          clearTimeout(timer)
          resolve()
        })
      })
      if (signal.aborted) return undefined
      try {
        return await this.#options.connect(signal)
      } catch (error) {
        if (!isError(error) && !signal.aborted) throw error
      }
    }
  }

  async #followEvents(client: Client, signal: AbortSignal): Promise<void> {
    const { instance } = client.daemon
    const since = this.#lastEvent?.instance === instance ? this.#lastEvent : { instance, seq: 0 }
    let waiting: Exclude<ProcessEvent, { kind: 'gap' | 'unknown' }>[] = []
    try {
      for await (const event of client.events({ since, signal })) {
        if (event.kind === 'gap') {
          this.refresh()
          continue
        }
        this.#lastEvent = { instance, seq: event.seq }
        if (event.kind === 'unknown') {
          // Whatever it was: the list tells what came of it.
          this.refresh()
          continue
        }
        waiting.push(event)
        // Many may come at once: they are one action.
        if (waiting.length > 1) continue
        setImmediate(() => {
          this.#options.dispatch({ type: 'happened', events: waiting })
          waiting = []
          this.refresh()
        })
      }
    } catch (error) {
      if (!signal.aborted && !isError(error)) throw error
    }
  }

  /** Asks all that is to be known; then again after a while. */
  async #ask(): Promise<void> {
    const client = this.#client
    if (client === undefined) return
    if (this.#isAsking) {
      this.#isAskedAgain = true
      return
    }
    clearTimeout(this.#round)
    this.#isAsking = true
    const startedAt = performance.now()
    try {
      await Promise.all([this.#list(client), this.#measure(client), this.#show(client)])
    } catch (error) {
      // A lost connection is told by the connection.
      if (!isError(error)) throw error
    } finally {
      this.#isAsking = false
    }
    if (this.#isAskedAgain) {
      this.#isAskedAgain = false
      this.refresh()
    }
    const tookMs = performance.now() - startedAt
    clearTimeout(this.#round)
    this.#round = setTimeout(() => void this.#ask(), Math.max(ROUND_MS - tookMs, ROUND_FACTOR * tookMs - tookMs, 0))
  }

  async #list(client: Client): Promise<void> {
    const processes = await client.list()
    this.#options.dispatch({ type: 'listed', processes })
  }

  async #measure(client: Client): Promise<void> {
    if (!this.#measures) return
    const state = this.#options.state()
    const wanted = measuredProcesses(state)
    try {
      const usage = await client.usage(wanted === undefined ? {} : { processes: wanted })
      this.#options.dispatch({ type: 'measured', usage })
    } catch (error) {
      if (!isError(error)) throw error
      if (error.code === 'NOT_SUPPORTED') this.#measures = false
    }
  }

  async #show(client: Client): Promise<void> {
    const state = this.#options.state()
    const { dialog, list } = state
    const isShown = viewLayout(state).details !== undefined || dialog?.kind === 'history'
    const handle = dialog?.kind === 'history' ? dialog.handle : list.selected
    if (handle === undefined || !isShown) return
    try {
      const [detail, declared] = await Promise.all([client.show(handle), declarationsOf(client, [handle])])
      this.#options.dispatch({ type: 'detailed', detail })
      this.#options.dispatch({ type: 'declared', declared })
    } catch (error) {
      // It may have been removed meanwhile.
      if (!isError(error)) throw error
    }
  }
}

/** Which processes to measure; undefined: all. */
function measuredProcesses(state: UiState): Handle[] | undefined {
  const { list, processes } = state
  const running = [...processes.values()].filter((each) => isLive(each.state)).length
  if (running <= MEASURED_MAX || list.sort === 'cpu' || list.sort === 'memory') return undefined
  const visible = list.shown.slice(list.top, list.top + listRows(viewLayout(state)))
  return list.selected === undefined ? visible : [...new Set([...visible, list.selected])]
}
