// Plays the sessions of a guide for real: in a directory and with a daemon of its own, all in one shell, one command after the
// other.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../repository.ts'
import type { Part, Step } from './sessions.ts'

/** The same parts, with what the commands printed just now. */
export async function play(parts: readonly Part[]): Promise<Part[]> {
  await using shell = new Shell()
  const played: Part[] = []
  for (const part of parts) {
    if (part.kind === 'text') {
      played.push(part)
      continue
    }
    const steps: Step[] = []
    for (const { command } of part.steps) steps.push({ command, output: await shell.run(command) })
    played.push({ ...part, steps })
  }
  return played
}

/** How long one command may take, on the slowest machine. */
const DEADLINE_MS = 300_000

class Shell implements AsyncDisposable {
  readonly #directory = mkdtempSync('/tmp/ndg-')
  readonly #env: NodeJS.ProcessEnv
  readonly #shell: ChildProcess
  #printed = ''
  #onPrinted: () => void = () => {}
  #steps = 0

  constructor() {
    const [bin, home] = [join(this.#directory, 'bin'), join(this.#directory, 'home')]
    mkdirSync(bin)
    mkdirSync(home)
    for (const [name, program] of Object.entries({ ndctl: 'ndctl.cjs', netdaemon: 'netdaemon.mjs' })) {
      symlinkSync(join(repository, 'dist/bin', program), join(bin, name))
    }
    // What the guides run besides.
    for (const name of ['control-service.js', 'keep-running.js', 'stop-server.js', 'terminal.js']) {
      symlinkSync(join(repository, 'dist/examples', name), join(home, name))
    }
    for (const name of ['example.py', 'netdaemon_client.py']) {
      symlinkSync(join(repository, 'examples/python', name), join(home, name))
    }
    this.#env = {
      ...process.env,
      // The Node that runs this comes first.
      PATH: `${bin}:${join(process.execPath, '..')}:${process.env.PATH}`,
      HOME: home,
      LC_ALL: 'C.UTF-8',
      NETDAEMON_SOCKET: join(this.#directory, 's'),
      PYTHONDONTWRITEBYTECODE: '1',
    }
    this.#ndctl('daemon', 'start', '--quiet')
    this.#shell = spawn('bash', ['--noprofile', '--norc'], {
      cwd: home,
      env: this.#env,
      stdio: ['pipe', 'pipe', 'inherit'],
      // A group of its own, to be ended with all that it started.
      detached: true,
    })
    this.#shell.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#printed += text
      this.#onPrinted()
    })
  }

  /** Runs a command; answers the lines that it printed on stdout and stderr. */
  async run(command: string): Promise<string[]> {
    const file = join(this.#directory, 'step')
    writeFileSync(file, `${command}\n`)
    this.#steps += 1
    const mark = `=== step ${this.#steps} ===`
    this.#printed = ''
    this.#shell.stdin?.write(`source ${file} </dev/null 2>&1; echo; echo '${mark}'\n`)
    const isOver = () => this.#printed.includes(`\n${mark}\n`)
    const printed = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`"${command}" does not end; so far:\n${this.#printed}`)),
        DEADLINE_MS,
      )
      this.#onPrinted = () => {
        if (!isOver()) return
        clearTimeout(timer)
        resolve(this.#printed.slice(0, this.#printed.indexOf(`\n${mark}\n`)))
      }
    })
    const lines = this.#asAnywhere(printed).replace(/\n$/, '').split('\n')
    return lines.length === 1 && lines[0] === '' ? [] : lines
  }

  /** With the paths of a user's own machine. */
  #asAnywhere(printed: string): string {
    return printed
      .replaceAll(join(this.#directory, 'home'), '/home/ada')
      .replaceAll(join(this.#directory, 's'), '/run/user/1000/netdaemon/netdaemon.sock')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#shell.pid !== undefined) process.kill(-this.#shell.pid, 'SIGKILL')
    this.#ndctl('daemon', 'stop', '--timeout', '0', '--quiet')
    rmSync(this.#directory, { recursive: true })
  }

  #ndctl(...words: readonly string[]): void {
    execFileSync(process.execPath, [join(repository, 'dist/bin/ndctl.cjs'), ...words], { env: this.#env })
  }
}
