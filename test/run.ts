// The one way to run the tests: node dist/test/run.js [--also NODE] [PATTERN…]. Lists the test files itself and counts by
// itself, so that Node 20 and 24 run the same and report the same. Fails if a test failed or was cancelled, if a file broke or
// left a process behind, if nothing ran, and, with CI=true, if anything was skipped.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { TestReport } from './support/runner/event-reporter.ts'
import { Progress } from './support/runner/progress.ts'
import { type FileResult, runTestFile } from './support/runner/test-file.ts'

/** Those with the longest files first, so that none is left to run alone at the end. */
const FOLDERS = ['e2e', 'fuzz', 'integration', 'unit']
/** Files at a time: as many as there are processors, and two on a machine with one, since they wait now and then. */
const CONCURRENCY = Math.min(8, Math.max(2, availableParallelism()))

type Ended = Extract<TestReport, { type: 'ended' }>

/** A Node to run the tests on. */
interface Node {
  readonly path: string
  readonly version: string
}

const { values, positionals } = parseArgs({ options: { also: { type: 'string' } }, allowPositionals: true })
const root = dirname(fileURLToPath(import.meta.url))
const files = listFiles(positionals)
if (files.length === 0) {
  console.error(`no test file fits ${positionals.join(' ')}`)
  process.exit(1)
}
const nodes = [process.execPath, ...(values.also === undefined ? [] : [resolve(values.also)])].map(nodeAt)
console.log(`${files.length} test files on Node ${nodes.map(({ version }) => version).join(' and ')}`)
const begun = performance.now()
const results = await runAll()
process.exitCode = nodes.every(summarize) ? 0 : 1

function nodeAt(path: string): Node {
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim().replace(/^v/, '')
  // The file itself: where npm's link to it is, programs that are looked for in the PATH would be npm's.
  return { path: realpathSync(path), version }
}

function listFiles(patterns: readonly string[]): string[] {
  const found: string[] = []
  for (const folder of FOLDERS) {
    if (!existsSync(join(root, folder))) continue
    const entries = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort()
    for (const entry of entries) if (entry.endsWith('.test.js')) found.push(join(root, folder, entry))
  }
  const fits = (file: string) =>
    patterns.some((pattern) => relative(root, file).includes(pattern.replace(/\.ts$/, '.js')))
  return found.filter((file) => patterns.length === 0 || fits(file))
}

/** Runs every file on every Node: what came of it, by Node. */
async function runAll(): Promise<Map<Node, FileResult[]>> {
  const done = new Map<Node, FileResult[]>(nodes.map((node) => [node, []]))
  const waiting = nodes.flatMap((node) => files.map((file) => ({ node, file })))
  using progress = new Progress(waiting.length)
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { node, file } = next
      const name = nodes.length === 1 ? relative(root, file) : `${relative(root, file)} on Node ${node.version}`
      progress.begins(name)
      const result = await runTestFile(file, node.path)
      done.get(node)?.push(result)
      progress.ended(name, () => printFile(name, result))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return done
}

function ended({ reports }: FileResult): Ended[] {
  return reports.filter((report) => report.type === 'ended')
}

/** Suites count only where they fail by themselves, as in a hook. */
function countable(result: FileResult): Ended[] {
  return ended(result).filter(({ suite, error }) => !suite || error !== undefined)
}

function isBad({ outcome }: Ended): boolean {
  return outcome === 'failed' || outcome === 'cancelled'
}

function printFile(name: string, result: FileResult): void {
  const tests = countable(result)
  const bad = tests.filter(isBad)
  const good = bad.length === 0 && result.faults.length === 0
  const seconds = (result.durationMs / 1000).toFixed(1)
  console.log(`${good ? 'ok    ' : 'NOT OK'} ${name}  ${tests.length - bad.length}/${tests.length}  ${seconds} s`)
  if (good) return
  for (const { name: test, line, outcome, error, durationMs } of bad) {
    console.log(`  ${outcome}: ${test} (line ${line ?? '?'} of the compiled file, ${Math.round(durationMs)} ms)`)
    if (error !== undefined) console.log(indent(error))
  }
  for (const fault of result.faults) console.log(`  the file ${fault}`)
  if (result.output !== '') console.log(`  it printed:\n${indent(result.output.trimEnd())}`)
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}

/** Prints the counts of one Node; whether all is well. */
function summarize(node: Node): boolean {
  const all = results.get(node) ?? []
  if (nodes.length > 1) console.log(`on Node ${node.version}:`)
  const tests = all.flatMap(countable)
  const count = (outcome: Ended['outcome']) => tests.filter((test) => test.outcome === outcome).length
  // A broken file counts as one failed test.
  const broken = all.filter(({ faults }) => faults.length > 0)
  const omitted = tests.filter(({ outcome }) => outcome === 'skipped' || outcome === 'todo')
  for (const { name, outcome, reason } of omitted) {
    console.log(`${outcome}: ${name}${reason === undefined ? '' : ` (${reason})`}`)
  }
  const omissionsFail = process.env.CI === 'true' && omitted.length > 0
  if (omissionsFail) console.log('with CI=true no test may be skipped')
  const failed = count('failed') + broken.length + (omissionsFail ? omitted.length : 0)
  console.log(`# tests ${tests.length}`)
  console.log(`# pass ${count('passed')}`)
  console.log(`# fail ${failed}`)
  console.log(`# cancelled ${count('cancelled')}`)
  console.log(`# skipped ${count('skipped')}`)
  console.log(`# todo ${count('todo')}`)
  console.log(`# duration_ms ${Math.round(performance.now() - begun)}`)
  return failed === 0 && count('cancelled') === 0 && count('passed') > 0
}
