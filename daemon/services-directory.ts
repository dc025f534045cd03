// The files of services in the configuration directory: applied when the daemon starts, and on SIGHUP. A helper process reads them and
// talks to the daemon as any client does (it is ndctl), so neither YAML nor a long list of mistakes is on the daemon's thread.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NetdaemonError } from '../proto/errors.ts'
import type { ProcessSpec } from '../proto/protocol.ts'
import type { Log } from './observe/log.ts'
import type { Launcher } from './run/launcher.ts'
import type { Run } from './run/run.ts'

export interface ServicesDirectoryPorts {
  readonly launcher: Pick<Launcher, 'find' | 'launch'>
  readonly log: Pick<Log, 'info' | 'warning'>
  readonly socketPath: string
}

export class ServicesDirectory {
  readonly #path: string | undefined
  readonly #ports: ServicesDirectoryPorts
  #helper: Run<never> | undefined
  #isAsked = false
  #said = ''

  /** @param configDirectory it is `services.d` in this one; absent: there is none */
  constructor(configDirectory: string | undefined, ports: ServicesDirectoryPorts) {
    this.#path = configDirectory === undefined ? undefined : resolve(configDirectory, 'services.d')
    this.#ports = ports
  }

  /** Applies the files as they are now. */
  load(): void {
    if (this.#helper !== undefined) {
      this.#isAsked = true
      return
    }
    // Nothing is removed because a file system is not mounted.
    const path = this.#path
    if (path === undefined || !existsSync(path)) return
    const { launcher, log } = this.#ports
    try {
      this.#helper = launcher.launch<never>(launcher.find('services.d', this.#spec(path)), undefined, {
        onOutput: (_channel, buffer, start, end) => this.#say(buffer.toString('utf8', start, end)),
        onOutputEnd: () => {},
        onInputTaken: () => {},
        onInputClosed: () => {},
        onDied: () => {},
        onOver: () => this.#over(),
      })
    } catch (error) {
      if (!(error instanceof NetdaemonError)) throw error
      log.warning(`the services of "${path}" are not applied: ${error.message}`)
    }
  }

  /** Ends the helper. */
  dispose(): void {
    this.#isAsked = false
    this.#helper?.tree.kill()
  }

  #spec(path: string): ProcessSpec {
    const words = ['apply', '-f', path, '--source', path, '--prune', '--skip-mistaken', '--no-wait']
    return {
      command: process.execPath,
      args: ['--', ndctl(), ...words, '--no-autostart', '--socket', this.#ports.socketPath],
      env: { inherit: true, set: {} },
      cwd: '/',
      labels: {},
      stdin: 'null',
      stderr: 'stdout',
      outputLimit: 64 * 1024,
      autoRemove: true,
    }
  }

  #say(text: string): void {
    const lines = (this.#said + text).split('\n')
    this.#said = lines.pop() ?? ''
    for (const line of lines) this.#ports.log.info(`services.d: ${line}`)
  }

  #over(): void {
    if (this.#said !== '') this.#say('\n')
    this.#helper = undefined
    if (!this.#isAsked) return
    this.#isAsked = false
    this.load()
  }
}

/** Beside the bundle of the daemon; from the sources that it is made of, where the build puts it. */
function ndctl(): string {
  const [beside, built] = ['./ndctl.cjs', '../bin/ndctl.cjs'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  return beside !== undefined && existsSync(beside) ? beside : (built ?? '')
}
