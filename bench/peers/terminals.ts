// dtach and tmux: they show a process at a terminal, so they are driven through one (bench/floor/terminal.c).

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { installed } from '../../scripts/installed.ts'
import type { Peer, PeerRig } from './peer.ts'

/** What runs inside: no echo, no changed bytes. */
const RAW = 'stty raw -echo; '

/** Runs bench/floor/terminal.c; the lines that it prints. */
export async function atTerminal(rig: PeerRig, ...args: readonly string[]): Promise<number[][]> {
  const program = rig.program('terminal')
  if (program === undefined) throw new Error('bench/floor/terminal.c could not be compiled')
  const { stdout } = await execa(program, [...args], { env: { TERM: 'xterm', TMUX: undefined } })
  return stdout.split('\n').map((line) => line.split(' ').map(Number))
}

/** A bare pty with cat in it: no peer, but what the terminal itself costs. */
export async function bareTerminalKeystrokes(rig: PeerRig, count: number): Promise<number[]> {
  const lines = await atTerminal(rig, 'keys', String(count), 'sh', '-c', `${RAW}exec cat`)
  return lines.map(([microseconds = Number.NaN]) => microseconds)
}

export const dtach: Peer = {
  name: 'dtach',

  async version() {
    if (!installed('dtach')) return undefined
    const { stdout } = await execa('dtach', ['--version'], { reject: false })
    return stdout.split(',')[0]
  },

  async bulk(rig, file) {
    const socket = rig.fresh('dtach')
    const inside = `${RAW}head -c 1 >/dev/null; exec cat ${file.path}`
    const [[bytes = 0, seconds = 0] = []] = await atTerminal(
      rig,
      ...['read', String(file.size), 'dtach', '-A', socket, '-r', 'none', 'sh', '-c', inside],
    )
    if (bytes < file.size) throw new Error(`dtach: ${bytes} of ${file.size} bytes`)
    return seconds
  },

  async keystrokes(rig, count) {
    const socket = rig.fresh('dtach')
    const inside = `echo $$ >${socket}.pid; ${RAW}exec cat`
    const lines = await atTerminal(
      rig,
      ...['keys', String(count), 'dtach', '-A', socket, '-r', 'none', 'sh', '-c', inside],
    )
    process.kill(Number(readFileSync(`${socket}.pid`, 'utf8')))
    return lines.map(([microseconds = Number.NaN]) => microseconds)
  },

  async completeRuns(rig, file, runs) {
    let complete = 0
    for (let run = 0; run < runs; run++) {
      const socket = rig.fresh('dtach')
      const inside = `${RAW}head -c 1 >/dev/null; exec cat ${file.path}`
      const [[bytes = 0] = []] = await atTerminal(
        rig,
        ...['read', String(file.size), 'dtach', '-A', socket, '-r', 'none', 'sh', '-c', inside],
      )
      if (bytes === file.size) complete++
    }
    return complete
  },
}

/** Runs `tmux` with a server of its own in a terminal, and ends the server. */
async function inTmux(rig: PeerRig, mode: readonly string[], inside: string): Promise<number[][]> {
  const base = rig.fresh('tmux')
  writeFileSync(`${base}.conf`, 'set -g status off\nset -g escape-time 0\n')
  try {
    return await atTerminal(rig, ...mode, 'tmux', '-S', base, '-f', `${base}.conf`, 'new-session', inside)
  } finally {
    await execa('tmux', ['-S', base, 'kill-server'], { reject: false })
    rmSync(base, { force: true })
    await sleep(50)
  }
}

export const tmux: Peer = {
  name: 'tmux',

  async version() {
    return installed('tmux') ? (await execa('tmux', ['-V'])).stdout : undefined
  },

  /** tmux sends a screen, not the bytes: measured until the screen shows what comes after the file. */
  async bulk(rig, file) {
    const inside = `${RAW}head -c 1 >/dev/null; cat ${file.path}; printf "\\r\\nTHE-END"; exec sleep 100`
    const [[, seconds = Number.NaN] = []] = await inTmux(rig, ['read', '0'], inside)
    return seconds
  },

  async keystrokes(rig, count) {
    const lines = await inTmux(rig, ['keys', String(count)], `${RAW}exec cat`)
    return lines.map(([microseconds = Number.NaN]) => microseconds)
  },

  async listCommand(rig, count) {
    const socket = rig.fresh('tmux')
    const tmuxIn = (...words: string[]) =>
      execa('tmux', ['-S', socket, '-f', '/dev/null', ...words], { env: { TMUX: undefined } })
    await tmuxIn('new-session', '-d', 'sleep 1000')
    const times: number[] = []
    for (let run = 0; run < count; run++) {
      const begun = performance.now()
      await tmuxIn('list-sessions')
      times.push(performance.now() - begun)
    }
    await tmuxIn('kill-server')
    return times
  },
}
