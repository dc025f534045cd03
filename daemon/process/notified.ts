// What one run has said of itself by sd_notify(3), and what follows: it is ready, needs more time, has another main process, or has
// not been heard of for too long. Its watchdog runs from its readiness on, and has one timer, which is set anew only when it fires.

import type { Clock } from '../loop/clock.ts'
import type { NotifyMessage } from '../run/notify-message.ts'

export interface NotifiedPorts {
  readonly clock: Clock
  readonly ready: () => void
  /** It needs time until then. */
  readonly extended: (until: number) => void
  /** It says that this is its main process. */
  readonly mainProcess: (pid: number) => void
  /** It has not been heard of, or wants to be treated so. */
  readonly unheard: (problem: string) => void
  /** What it says of itself is another. */
  readonly changed: () => void
}

export class Notified {
  readonly #ports: NotifiedPorts
  #watchdogMs: number | undefined
  /** Its watchdog runs. */
  #watched = false
  #heardAt = 0
  #cancel = () => {}
  #status: string | undefined
  #errno: string | undefined
  #doing: 'reloading' | 'stopping' | undefined

  /** @param watchdogMs how often it must be heard of; undefined: never, unless it says so itself */
  constructor(ports: NotifiedPorts, watchdogMs: number | undefined) {
    this.#ports = ports
    this.#watchdogMs = watchdogMs
  }

  /** What it says of itself, for people; undefined: nothing. */
  get text(): string | undefined {
    const parts = [this.#doing, this.#status, this.#errno]
    const text = parts.filter((part) => part !== undefined && part !== '').join('; ')
    return text === '' ? undefined : text
  }

  /** It has said something. */
  take(message: NotifyMessage): void {
    const before = this.text
    const { ready, reloading, stopping, status, mainPid, watchdog, watchdogMs, extendMs, errno } = message
    if (status !== undefined) this.#status = status
    if (errno !== undefined) this.#errno = errno
    if (stopping) this.#doing = 'stopping'
    else if (reloading) this.#doing = 'reloading'
    else if (ready && this.#doing === 'reloading') this.#doing = undefined
    if (this.text !== before) this.#ports.changed()
    const now = this.#ports.clock.now()
    if (watchdog === 'alive') this.#heardAt = now
    if (watchdogMs !== undefined) this.#setWatchdog(watchdogMs)
    if (mainPid !== undefined) this.#ports.mainProcess(mainPid)
    if (extendMs !== undefined) this.#ports.extended(now + extendMs)
    if (ready) this.#ports.ready()
    if (watchdog === 'trigger') this.#ports.unheard('it has triggered its watchdog')
  }

  /** It is ready: from now on its watchdog runs. */
  watch(): void {
    if (this.#watched) return
    this.#watched = true
    this.#heardAt = this.#ports.clock.now()
    this.#arm()
  }

  /** Its watchdog runs no more. Idempotent. */
  end(): void {
    this.#watched = false
    this.#cancel()
  }

  #setWatchdog(ms: number): void {
    this.#watchdogMs = ms === 0 ? undefined : ms
    this.#cancel()
    if (this.#watched) this.#arm()
  }

  #arm(): void {
    const { clock } = this.#ports
    const limit = this.#watchdogMs
    if (limit === undefined) return
    this.#cancel = clock.after(Math.max(0, this.#heardAt + limit - clock.now()), () => {
      if (clock.now() < this.#heardAt + limit) this.#arm()
      // What ends has other things to do.
      else if (this.#doing !== 'stopping') this.#ports.unheard(`it has not been heard of for ${limit / 1000} s`)
    })
  }
}
