// npm run fuzz -- --minutes 30: every file of tests that has a budget for properties (test/support/fuzz.ts), again and
// again with more runs and fresh seeds, each in a process of its own, so that a crash or a hang is found and named too.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FUZZ_REPORT, FUZZ_RUNS, FUZZ_SEED } from '../support/fuzz.ts'
import { runTestFile } from '../support/runner/test-file.ts'

/** More runs than in a normal run of the tests, and few enough that a file takes seconds. */
const MULTIPLIER = 8
const FAILURES_MAX = 10

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    runs: { type: 'string', default: String(MULTIPLIER) },
  },
})
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const directory = mkdtempSync(join(tmpdir(), 'ndz-'))
const report = join(directory, 'runs')
process.env[FUZZ_REPORT] = report
process.env[FUZZ_RUNS] = values.runs

const files = ['fuzz', 'unit', 'integration'].flatMap((folder) => {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.test.js'))
  return names.map((name) => join(root, folder, name)).filter(hasBudget)
})
const chosen = files.filter(
  (file) => positionals.length === 0 || positionals.some((part) => file.includes(part.replace(/\.ts$/, '.js'))),
)
const runs = new Map<string, number>()
let failures = 0
const begun = performance.now()
const endAt = begun + Number(values.minutes) * 60_000
console.log(`fuzzing ${chosen.length} files for ${values.minutes} minutes, node ${process.versions.node}`)
for (let round = 1; performance.now() < endAt && failures < FAILURES_MAX && chosen.length > 0; round++) {
  for (const file of chosen) {
    if (performance.now() >= endAt) break
    await fuzz(file)
  }
  const total = [...runs.values()].reduce((sum, count) => sum + count, 0)
  console.log(`${seconds()} s: round ${round}, ${total.toLocaleString('en')} runs, ${failures} failures`)
}
rmSync(directory, { recursive: true })
for (const [name, count] of runs) console.log(`  ${count.toLocaleString('en').padStart(12)}  ${name}`)
console.log(failures === 0 ? 'nothing found' : `FAILED: ${failures}`)
process.exitCode = failures === 0 && runs.size > 0 ? 0 : 1

async function fuzz(file: string): Promise<void> {
  const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31))
  process.env[FUZZ_SEED] = seed
  const result = await runTestFile(file)
  const name = relative(root, file).replace(/\.js$/, '.ts')
  const done = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n').map(Number) : []
  rmSync(report, { force: true })
  runs.set(name, (runs.get(name) ?? 0) + done.reduce((sum, count) => sum + count, 0))
  const bad = result.reports.flatMap((each) =>
    each.type === 'ended' && (each.outcome === 'failed' || each.outcome === 'cancelled') ? [each] : [],
  )
  if (bad.length === 0 && result.faults.length === 0) return
  failures++
  console.log(`FAILED ${name}; again by: npm run fuzz -- --seed ${seed} --runs ${values.runs} ${name}`)
  for (const { name: test, error } of bad) console.log(`  ${test}\n${error ?? ''}`)
  for (const fault of result.faults) console.log(`  the file ${fault}\n${result.output}`)
}

function hasBudget(file: string): boolean {
  return readFileSync(file, 'utf8').includes('support/fuzz.js')
}

function seconds(): number {
  return Math.round((performance.now() - begun) / 1000)
}
