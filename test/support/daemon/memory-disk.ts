// A disk in memory that fails, or hangs, when a test tells it to. What is not synced is lost at a crash.

import type { Disk } from '../../../daemon/state/disk.ts'

type Call = keyof Disk

export class MemoryDisk implements Disk {
  readonly files = new Map<string, string>()
  /** Calls so far, in order: `write /state/.web.new`. */
  readonly calls: string[] = []
  /** The errno of each call of this name from now on; undefined: it works. */
  readonly failing = new Map<Call, string>()
  #held: (() => void)[] | undefined

  /** Holds all calls until {@link goOn}. */
  hold(): void {
    this.#held ??= []
  }

  goOn(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const release of held) release()
  }

  async prepare(directory: string): Promise<void> {
    await this.#call('prepare', directory)
  }

  async write(path: string, text: string): Promise<void> {
    await this.#call('write', path)
    this.files.set(path, text)
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call('rename', `${from} ${to}`)
    this.files.set(to, this.files.get(from) ?? '')
    this.files.delete(from)
  }

  async remove(path: string): Promise<void> {
    await this.#call('remove', path)
    this.files.delete(path)
  }

  async removeIfEmpty(): Promise<void> {}

  async syncDirectory(path: string): Promise<void> {
    await this.#call('syncDirectory', path)
  }

  async #call(name: Call, what: string): Promise<void> {
    this.calls.push(`${name} ${what}`)
    if (this.#held !== undefined) await new Promise<void>((release) => this.#held?.push(release))
    const errno = this.failing.get(name)
    if (errno !== undefined) throw Object.assign(new Error(`${errno}: ${name}`), { code: errno })
  }
}
