// Runs one test file in a process of its own, and sees that nothing of it is left: it gets an own temporary directory, an
// own default socket, and a mark in its environment by which whatever it started is found again in /proc.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { errnoOf } from '../../../proto/errno.ts'
import { REPORT_PATH, type TestReport } from './event-reporter.ts'
import { reportFlags, whatKeeps } from './stuck.ts'

/**
 * A file that reports nothing for so long is killed: no single test takes longer, on the slowest machine, and what waits for a
 * condition has given up long before (test/support/wait.ts). No test states a time-out of its own. (Node 20 heeds
 * --test-timeout only for whole files, so it is of no use here.)
 */
const SILENCE_MS = 600_000
/** How long processes may take to go away after their file has ended, and the file itself after its last test. */
const LEAVE_MS = 30_000
/** How much of what a failed file printed is shown. */
const OUTPUT_SHOWN = 20_000

/** How a file went. */
export interface FileResult {
  readonly file: string
  readonly durationMs: number
  readonly reports: readonly TestReport[]
  /** What is wrong with the file as a whole: it died, hung, or left something. */
  readonly faults: readonly string[]
  /** What it printed, stdout and stderr together; the last part of it. */
  readonly output: string
}

/** Runs the file to its end, on the Node that has this path. */
export async function runTestFile(file: string, node = process.execPath): Promise<FileResult> {
  // Short, since a socket's path has room for 107 bytes.
  const directory = mkdtempSync('/tmp/ndt-')
  const reportPath = join(directory, 'report')
  const mark = `NETDAEMON_TEST_MARK=${directory}`
  const begun = performance.now()
  try {
    mkdirSync(join(directory, 'tmp'))
    const { output, ending } = await runProcess(node, file, directory, environment(node, directory, reportPath))
    const reports = readReports(reportPath)
    const left = await leftProcesses(mark)
    const faults: string[] = []
    // Exit code 1 is what node says when a test has failed, which is told at that test.
    const explained = ending === 'ended with exit code 1' && reports.some(isFailure)
    if (ending !== undefined && !explained) faults.push(ending)
    if (left.length > 0) faults.push(`left ${left.length} running (killed now):\n${left.join('\n')}`)
    if (!reports.some((report) => report.type === 'ended' && !report.suite)) faults.push('no test ran')
    const open = unfinished(reports)
    if (faults.length > 0 && open.length > 0) faults.push(`not finished: ${open.join(' > ')}`)
    return { file, durationMs: performance.now() - begun, reports, faults, output: output.slice(-OUTPUT_SHOWN) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function environment(node: string, directory: string, reportPath: string): NodeJS.ProcessEnv {
  const { XDG_RUNTIME_DIR: _, NODE_OPTIONS: __, ...inherited } = process.env
  return {
    ...inherited,
    // Programs that begin with "#!/usr/bin/env node" must get the Node that is being tested.
    PATH: `${dirname(node)}:${inherited.PATH ?? '/usr/bin:/bin'}`,
    TMPDIR: join(directory, 'tmp'),
    HOME: directory,
    NETDAEMON_SOCKET: join(directory, 'default.sock'),
    NETDAEMON_TEST_MARK: directory,
    [REPORT_PATH]: reportPath,
  }
}

async function runProcess(
  node: string,
  file: string,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<{ output: string; ending?: string }> {
  const reporter = fileURLToPath(new URL('./event-reporter.js', import.meta.url))
  const reporting = [`--test-reporter=${reporter}`, '--test-reporter-destination=stdout']
  const flags = ['--enable-source-maps', ...reporting, ...reportFlags(directory)]
  const child = spawn(node, [...flags, file], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-2 * OUTPUT_SHOWN)
    })
  }
  let stuck: string | undefined
  let reported = 0
  let heardAt = performance.now()
  const giveUp = async (pid: number) => {
    stuck = 'busy'
    stuck = await whatKeeps(pid, directory)
    child.kill('SIGKILL')
  }
  const watch = setInterval(() => {
    const size = statSync(env[REPORT_PATH] ?? '', { throwIfNoEntry: false })?.size ?? 0
    if (size !== reported) heardAt = performance.now()
    reported = size
    const silentMs = performance.now() - heardAt
    const isSilent = silentMs >= SILENCE_MS || (silentMs >= LEAVE_MS && hasEnded(readReports(env[REPORT_PATH] ?? '')))
    if (isSilent && stuck === undefined && child.pid !== undefined) void giveUp(child.pid)
  }, 1000)
  // 'exit', not 'close': something left running may hold the pipes.
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (...how) => resolve(how))
  })
  clearInterval(watch)
  child.stdout.destroy()
  child.stderr.destroy()
  if (stuck !== undefined) {
    const silentS = Math.round((performance.now() - heardAt) / 1000)
    return { output, ending: `got no further for ${silentS} s (${stuck}; killed)` }
  }
  if (signal !== null) return { output, ending: `died of ${signal}` }
  return code === 0 ? { output } : { output, ending: `ended with exit code ${code}` }
}

function readReports(path: string): TestReport[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TestReport)
}

function isFailure(report: TestReport): boolean {
  return report.type === 'ended' && (report.outcome === 'failed' || report.outcome === 'cancelled')
}

/** Whether there were tests, and all of them have ended. */
function hasEnded(reports: readonly TestReport[]): boolean {
  return reports.length > 0 && unfinished(reports).length === 0
}

/** The tests that began and did not end, the outermost first. */
function unfinished(reports: readonly TestReport[]): string[] {
  const open: string[] = []
  for (const { type, nesting, name } of reports) {
    if (type === 'begun') open.splice(nesting, Number.POSITIVE_INFINITY, name)
    else open.splice(nesting)
  }
  return open
}

/** Processes that carry the mark a while after the file's end; they are killed. */
async function leftProcesses(mark: string): Promise<string[]> {
  const deadline = performance.now() + LEAVE_MS
  let left = markedProcesses(mark)
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(50)
    left = markedProcesses(mark)
  }
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself meanwhile: ESRCH.
    }
  }
  return left.map(({ pid, command }) => `  ${pid} ${command}`)
}

function markedProcesses(mark: string): { readonly pid: number; readonly command: string }[] {
  const found: { pid: number; command: string }[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      if (!readFileSync(`/proc/${entry}/environ`, 'latin1').split('\0').includes(mark)) continue
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 150)
      found.push({ pid: Number(entry), command })
    } catch {
      // Another user's (EACCES), or gone meanwhile (ENOENT, ESRCH).
    }
  }
  return found
}
