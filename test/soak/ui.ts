// npm run soak:ui -- --minutes 10: the terminal UI looks at 200 processes, one of which runs `yes` with its console open,
// while keys are pressed. Prints how soon keys are answered, what memory the UI has, and what processor time it takes.
// Fails if its memory grows.

import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Client, connect } from '../../client-lib/index.ts'
import { isLevel, slopeOf } from './figures.ts'

const bin = (name: string) => fileURLToPath(new URL(`../../bin/${name}`, import.meta.url))
const SAMPLE_S = 30
/** A key that is not answered by then never is. */
const DEADLINE_MS = 20_000
/** Between two keys, so that they meet any moment of a frame. */
const KEY_PAUSE_MS = [300, 1100] as const

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    processes: { type: 'string', default: '200' },
    size: { type: 'string', default: '200x60' },
  },
})
const [columns = '', rows = ''] = values.size.split('x')
const directory = mkdtempSync('/tmp/nds-')
const socket = join(directory, 's')

/** The UI on a terminal that script(1) makes: what it has drawn since one looked, and its keyboard. */
class Screen implements Disposable {
  readonly #script: ChildProcessWithoutNullStreams
  #drawn = ''
  #looking: { readonly text: string; readonly seen: () => void } | undefined
  bytes = 0

  constructor() {
    const line = `stty cols ${columns} rows ${rows}; exec '${process.execPath}' '${bin('ndctl.cjs')}' ui flood`
    const env = { ...process.env, NETDAEMON_SOCKET: socket, SHELL: '/bin/sh', TERM: 'xterm-256color' }
    this.#script = spawn('script', ['-qefc', line, '/dev/null'], { env })
    this.#script.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.bytes += text.length
      this.#drawn = (this.#drawn + text).slice(-100_000)
      this.#look()
    })
  }

  /** Presses a key, and answers after how many milliseconds the text was drawn. */
  async press(key: string, text: string): Promise<number> {
    this.#drawn = ''
    const pressedAt = performance.now()
    this.#script.stdin.write(key)
    await this.drawn(text)
    return performance.now() - pressedAt
  }

  drawn(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain for "${text}"`)), DEADLINE_MS)
      this.#looking = {
        text,
        seen: () => {
          clearTimeout(timer)
          resolve()
        },
      }
      this.#look()
    })
  }

  #look(): void {
    if (this.#looking === undefined || !this.#drawn.includes(this.#looking.text)) return
    this.#looking.seen()
    this.#looking = undefined
  }

  /** The process of the UI. */
  get pid(): number {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue
      const words = read(`/proc/${pid}/cmdline`).split('\0')
      if (words.includes('flood') && read(`/proc/${pid}/environ`).includes(socket) && !words.includes('script')) {
        if (words.some((word) => word.endsWith('ndctl.cjs'))) return Number(pid)
      }
    }
    throw new Error('the UI does not run')
  }

  [Symbol.dispose](): void {
    this.#script.stdin.write('q')
    this.#script.kill()
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'code' in error) return ''
    throw error
  }
}

/** Resident bytes (proc(5): VmRSS), and seconds of processor time (stat: utime and stime, in ticks of 10 ms). */
function usageOf(pid: number): { readonly rss: number; readonly cpuS: number } {
  const rss = Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1]) * 1024
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { rss, cpuS: (Number(fields[11]) + Number(fields[12])) / 100 }
}

async function startProcesses(client: Client): Promise<void> {
  const count = Number(values.processes)
  await client.start({ command: 'yes', name: 'flood' })
  for (let each = 1; each < count; each++) {
    // Some of them say something now and then.
    const script =
      each % 10 === 0 ? `while sleep ${1 + (each % 7)}; do echo line of ${each}; done` : 'exec sleep 100000'
    await client.start({
      command: 'sh',
      args: ['-c', script],
      name: `process-${each}`,
      labels: { number: String(each) },
    })
  }
}

/** Presses keys until the time is over; how long each took to be answered, in milliseconds. */
async function pressKeys(screen: Screen, untilMs: number, latencies: number[]): Promise<void> {
  while (performance.now() < untilMs) {
    latencies.push(await screen.press('?', 'keys'))
    latencies.push(await screen.press('q', 'CPU%'))
    latencies.push(await screen.press('x', 'Kill it'))
    latencies.push(await screen.press('n', 'filter'))
    const [least, most] = KEY_PAUSE_MS
    await sleep(least + Math.random() * (most - least))
  }
}

const quantile = (sorted: readonly number[], share: number) =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1)

const daemon = spawn(process.execPath, [bin('netdaemon.mjs'), '--socket', socket], { stdio: 'ignore' })
try {
  let client: Client | undefined
  while (client === undefined) client = await connect({ socket }).catch(() => sleep(50).then(() => undefined))
  await startProcesses(client)
  using screen = new Screen()
  await screen.drawn('CPU%')
  await screen.drawn('not kept')
  // From the input line to the list, where keys are commands.
  await screen.press('\x1b', 'filter')
  const { pid } = screen
  const begun = performance.now()
  const endMs = begun + Number(values.minutes) * 60_000
  const latencies: number[] = []
  const samples: { readonly seconds: number; readonly rss: number }[] = []
  const keys = pressKeys(screen, endMs, latencies)
  // Its failure is thrown when it is awaited, after the samples.
  keys.catch(() => undefined)
  console.log(`${values.processes} processes, one of them yes, on ${values.size}; UI pid ${pid}`)
  for (let last = usageOf(pid), lastAt = performance.now(); endMs - lastAt > 1000; ) {
    await sleep(Math.min(SAMPLE_S * 1000, Math.max(1, endMs - performance.now())))
    const now = performance.now()
    const usage = usageOf(pid)
    const { output } = (await client.list({ name: 'flood' }))[0] ?? { output: { end: 0 } }
    const seconds = (now - begun) / 1000
    const share = ((usage.cpuS - last.cpuS) / (now - lastAt)) * 100_000
    const level = (usage.rss / 1e6).toFixed(1)
    console.log(
      `${seconds.toFixed(0).padStart(4)} s  ${level} MB  ${share.toFixed(1)} % cpu  ${latencies.length} keys  yes has written ${(output.end / 1e9).toFixed(1)} GB`,
    )
    samples.push({ seconds, rss: usage.rss })
    last = usage
    lastAt = now
  }
  await keys
  latencies.sort((one, other) => one - other)
  console.log(
    `${latencies.length} keys answered: median ${quantile(latencies, 0.5)} ms, p90 ${quantile(latencies, 0.9)}, p99 ${quantile(latencies, 0.99)}, longest ${quantile(latencies, 1)}`,
  )
  if (samples.length > 5) {
    const slope = slopeOf(samples, 'rss')
    console.log(
      `memory over the second half: ${(slope.mean / 1e6).toFixed(1)} MB, ${(slope.growth / 1e6).toFixed(2)} MB of growth`,
    )
    assert(isLevel(slope), 'the memory of the UI grows')
  }
  await client.shutdown({ timeoutMs: 0 })
} finally {
  daemon.kill()
  rmSync(directory, { recursive: true, force: true })
}
