// npm run bench [-- NAME…] [-- --short | --write-docs]: measures each benchmark beside its floor and the peers found, and
// prints medians, ratios and goals. A run of all of them writes bench/results.json. With --short it checks results only,
// and fails if one is wrong. With --write-docs alone it measures nothing, and brings the documents up to date with
// bench/results.json.

import { again } from './again.ts'
import { apply } from './apply.ts'
import { block } from './block.ts'
import { bulk } from './bulk.ts'
import { clients } from './clients.ts'
import { completeness } from './completeness.ts'
import { keystroke } from './keystroke.ts'
import { keystrokeTerminal } from './keystroke-terminal.ts'
import { list } from './list.ts'
import { findPeers } from './peers/index.ts'
import { pipeline } from './pipeline.ts'
import { rate } from './rate.ts'
import { scale } from './scale.ts'
import { stages } from './stages.ts'
import { start } from './start.ts'
import { stopTree } from './stop-tree.ts'
import { storm } from './storm.ts'
import type { Benchmark } from './support/benchmark.ts'
import { writeDocuments } from './support/documents.ts'
import { describeMachine, machineText } from './support/machine.ts'
import { type Row, readResults, resultsPath, toRow, writeResults } from './support/results.ts'
import { Rig } from './support/rig.ts'
import { plainTable } from './support/table.ts'
import { viewers } from './viewers.ts'

const all: readonly Benchmark[] = [
  ...[start, block, rate, bulk, pipeline, clients, viewers],
  ...[keystroke, keystrokeTerminal, list, scale, completeness, again, stopTree, apply, storm, stages],
]
const OPTIONS = ['--short', '--write-docs']

const words = process.argv.slice(2)
const names = words.filter((word) => !OPTIONS.includes(word))
const chosen = all.filter(({ name }) => names.length === 0 || names.includes(name))

const unknown = names.filter((name) => !all.some((benchmark) => benchmark.name === name))
if (unknown.length > 0) {
  console.error(`no benchmark "${unknown.join('", "')}"; there are:`)
  for (const { name, about } of all) console.error(`  ${name.padEnd(13)} ${about}`)
  process.exitCode = 2
} else if (words.includes('--short')) {
  await check(chosen)
} else if (words.length === 1 && words[0] === '--write-docs') {
  writeDocuments(readResults())
} else {
  await measure(chosen)
}

async function check(benchmarks: readonly Benchmark[]): Promise<void> {
  await using rig = await Rig.create([])
  for (const benchmark of benchmarks) {
    try {
      await benchmark.check(rig)
      console.log(`right: ${benchmark.name}`)
    } catch (error) {
      console.log(`WRONG: ${benchmark.name}:`, error)
      process.exitCode = 1
    }
  }
}

async function measure(benchmarks: readonly Benchmark[]): Promise<void> {
  const machine = await describeMachine()
  const date = new Date().toISOString()
  const { present, versions, absent } = await findPeers()
  await using rig = await Rig.create(present)
  console.log(`${date}: ${machineText(machine)}`)
  console.log(`peers: ${versions.join(', ') || 'none'}`)
  if (absent.length > 0) console.log(`not installed: ${absent.join(', ')} (bench/peers.sh installs them)`)
  const rows: Row[] = []
  for (const benchmark of benchmarks) {
    console.error(`… ${benchmark.name}: ${benchmark.about}`)
    rows.push(...(await benchmark.measure(rig)).map(toRow))
  }
  console.log(`\n${plainTable(rows)}\n`)
  if (benchmarks.length < all.length) {
    console.log('bench/results.json is as it was: it holds only runs of everything')
    return
  }
  writeResults({ date, machine, peers: { measured: versions, absent }, rows })
  console.log(`written to ${resultsPath}`)
  if (words.includes('--write-docs')) writeDocuments(readResults())
}
