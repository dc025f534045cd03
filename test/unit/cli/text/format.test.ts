// What people read: quantities, tables, help.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commandHelp, overview, wrap } from '../../../../cli/help.ts'
import { formatAge, formatCount, formatSize } from '../../../../cli/text/format.ts'
import { listTable } from '../../../../cli/text/list-table.ts'
import { jsonText } from '../../../../cli/text/steering.ts'
import { facts, table, visible } from '../../../../cli/text/table.ts'
import { verbs } from '../../../../cli/verbs.ts'
import type { ProcessSummary } from '../../../../client-lib/index.ts'
import { cells } from '../../../../vt/cell-widths.ts'

const plain = { width: Number.POSITIVE_INFINITY, colour: false }

describe('quantities', () => {
  it('sizes have two or three digits and a unit', () => {
    const sizes = [0, 1, 1023, 1024, 1536, 10 * 1024, 1024 ** 2 - 1, 1024 ** 2, 1.5 * 1024 ** 3]
    deepEqual(sizes.map(formatSize), [
      ...['0 B', '1 B', '1023 B', '1.0 KiB', '1.5 KiB', '10 KiB', '1.0 MiB', '1.0 MiB', '1.5 GiB'],
    ])
  })

  it('ages have their two greatest units', () => {
    const second = 1000
    const hour = 3600 * second
    const ages = [
      -5,
      0,
      999,
      second,
      60 * second,
      200 * second,
      hour,
      2 * hour + 5 * 60 * second,
      25 * hour,
      300 * hour,
    ]
    deepEqual(ages.map(formatAge), ['0s', '0s', '0s', '1s', '1m', '3m 20s', '1h', '2h 5m', '1d 1h', '12d'])
  })

  it('counts have their thousands marked', () => equal(formatCount(1234567), '1,234,567'))
})

describe('foreign text', () => {
  it('cannot steer the terminal', () => {
    equal(visible('a\x1b[31m\nb\u202e\x07\x9b\u{e0001}'), 'a\\u001b[31m\\nb\\u202e\\u0007\\u009b\\udb40\\udc01')
  })

  it('cannot in JSON either, which means the same', () => {
    const value = { id: 'a\x9b31m\x7f\u202e', text: 'é\n\x1b', list: ['\x80'] }
    for (const indent of [undefined, 2]) {
      const text = jsonText(value, indent)
      deepEqual(JSON.parse(text), value)
      equal(/(?!\n)[\p{Cc}\p{Cf}]/u.test(text), false)
    }
    equal(jsonText(value.list), '["\\u0080"]')
  })
})

describe('tables', () => {
  const columns = [{ title: 'ID' }, { title: 'N', align: 'right' as const }, { title: 'COMMAND', min: 8 }]

  it('are aligned, with no blanks at the ends of lines', () => {
    deepEqual(
      table(
        columns,
        [
          ['a', '10', 'x'],
          ['日本', '5', 'y z'],
        ],
        plain,
      ),
      ['ID     N  COMMAND', 'a     10  x', '日本   5  y z'],
    )
  })

  it('give way at the end when the terminal is narrow', () => {
    const lines = table(columns, [['a', '1', 'a long command line']], { width: 20, colour: false })
    deepEqual(lines, ['ID  N  COMMAND', 'a   1  a long comma…'])
    ok(lines.every((line) => cells(line) <= 20))
  })

  it('a list of processes fits into 80 columns', () => {
    const process: ProcessSummary = {
      ...{ id: 'minecraft-lobby-1', handle: 1, command: 'java '.repeat(40), labels: {}, startedAt: 0, attached: 12 },
      state: { kind: 'killed', signal: 'SIGRTMIN+12', coreDumped: false, at: 0 },
      output: { start: 0, end: 1024 ** 3 * 12, ended: true },
    }
    const lines = listTable([process], 3600_000 * 50, { width: 80, colour: false })
    ok(lines.every((line) => line.length <= 80))
    equal(lines[1], 'minecraft-lobby-1  killed RTMIN+12    -  2d 2h  12 GiB       12  java java java…')
  })

  it('colours add nothing to the words', () => {
    const rows = [[{ text: 'up', paint: 'good' as const }, '1', 'x']]
    const colour = new RegExp(`${'\x1b'}\\[\\d+m`, 'g')
    const coloured = table(columns, rows, { width: 40, colour: true })
    deepEqual(
      coloured.map((line) => line.replace(colour, '')),
      table(columns, rows, plain),
    )
    ok(coloured.join('').includes('\x1b[32mup\x1b[0m'))
  })

  it('facts align their values, and those of several lines under the first', () => {
    deepEqual(
      facts(
        [
          ['id', 'web'],
          ['labels', 'a=1\nb=2'],
        ],
        false,
      ),
      ['id      web', 'labels  a=1', '        b=2'],
    )
  })
})

describe('help', () => {
  it('is wrapped to the width', () => deepEqual(wrap('one two three', 7), ['one two', 'three']))

  it('of every command has its synopsis and fits into 80 columns', async () => {
    ok(
      overview(80)
        .split('\n')
        .every((line) => line.length <= 80),
    )
    for (const [name, verb] of verbs) {
      const { default: command } = await verb.load()
      equal(command.name, name)
      const lines = commandHelp(command, 80).split('\n')
      ok(lines[0]?.startsWith(`Usage: ndctl ${name} [options]`))
      deepEqual(
        lines.filter((line) => line.length > 80),
        [],
      )
    }
  })
})
