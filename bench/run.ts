// npm run bench [-- NAME…] [-- --short]: measures both sides of each benchmark in the same run, and prints their medians
// and ratios. With --short it checks results only, and fails if one is wrong.

import { bulk } from './bulk.ts'
import { completeness } from './completeness.ts'
import { keystroke } from './keystroke.ts'
import { list } from './list.ts'
import { pipeline } from './pipeline.ts'
import { start } from './start.ts'
import { type Benchmark, type Measurement, median } from './support/benchmark.ts'
import { Rig } from './support/rig.ts'

const all: readonly Benchmark[] = [bulk, pipeline, start, keystroke, list, completeness]

const words = process.argv.slice(2)
const short = words.includes('--short')
const names = words.filter((word) => word !== '--short')
const unknown = names.filter((name) => !all.some((benchmark) => benchmark.name === name))
if (unknown.length > 0) {
  console.error(`no benchmark "${unknown.join('", "')}"; there are:`)
  for (const { name, about } of all) console.error(`  ${name.padEnd(13)} ${about}`)
  process.exit(2)
}

await using rig = await Rig.create()
for (const benchmark of all.filter(({ name }) => names.length === 0 || names.includes(name))) {
  if (short) await checkOne(benchmark)
  else for (const measurement of await benchmark.measure(rig)) console.log(line(measurement))
}

async function checkOne(benchmark: Benchmark): Promise<void> {
  try {
    await benchmark.check(rig)
    console.log(`right: ${benchmark.name}`)
  } catch (error) {
    console.log(`WRONG: ${benchmark.name}:`, error)
    process.exitCode = 1
  }
}

/** Both sides, and their ratio. */
function line({ what, unit, higherIsBetter, ours, floor }: Measurement): string {
  const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 })
  const side = (values: readonly number[]) => (values.length === 0 ? '(skipped)' : `${number(median(values))} ${unit}`)
  const ratio = median(ours) / median(floor)
  const shown = Number.isNaN(ratio)
    ? ''
    : `${ratio.toFixed(2)} of the floor${higherIsBetter ? '' : ' (less is better)'}`
  return `${what.padEnd(32)} ours ${side(ours).padStart(14)}   floor ${side(floor).padStart(14)}   ${shown}`
}
