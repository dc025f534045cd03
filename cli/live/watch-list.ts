// ndctl list --watch: the list again whenever something in it has changed.

import { setTimeout as sleep } from 'node:timers/promises'
import { isatty } from 'node:tty'
import type { Client, ListFilter, ProcessSummary } from '../../client-lib/index.ts'
import type { GlobalValues } from '../command-line/command.ts'
import type { Outcome } from '../exit-status.ts'
import { whileRead } from '../stdio/reader-watch.ts'
import { outputStyle, print, printLines } from '../stdio/stdio.ts'
import { listTable } from '../text/list-table.ts'
import { jsonText } from '../text/steering.ts'
import type { TableStyle } from '../text/table.ts'
import { Bell, ringForEvents } from './bell.ts'
import { LiveScreen } from './live-screen.ts'

/** Ages change each second. */
const ROUND_MS = 1000
/** Many things may happen at once: they are one picture. */
const SOON_MS = 100

/** Goes on until somebody leaves, a signal comes, or the daemon is gone. @throws NetdaemonError */
export async function watchList(client: Client, filter: ListFilter, options: GlobalValues): Promise<Outcome> {
  if (isatty(0) && isatty(1) && !options.json && !options.quiet) return await watchOnTerminal(client, filter)
  return await whileRead(printChanges(client, filter, options))
}

const tableOf = (processes: readonly ProcessSummary[], style: TableStyle): string[] =>
  listTable(processes, Date.now(), style)

async function watchOnTerminal(client: Client, filter: ListFilter): Promise<Outcome> {
  let processes: ProcessSummary[] = []
  const { colour } = outputStyle()
  const screen = new LiveScreen({ lines: (width) => tableOf(processes, { width, colour }) })
  return await screen.show(async (signal) => {
    const happened = new Bell()
    const draw = async () => {
      while (!signal.aborted) {
        const { rings } = happened
        processes = await client.list(filter)
        screen.redraw()
        await happened.within(ROUND_MS, rings)
        await sleep(SOON_MS)
      }
    }
    await Promise.all([draw(), ringForEvents(client, signal, happened)])
  })
}

async function printChanges(client: Client, filter: ListFilter, { json, quiet }: GlobalValues): Promise<never> {
  for (let before: string | undefined; ; await sleep(ROUND_MS)) {
    const processes = await client.list(filter)
    const now = jsonText(quiet ? processes.map(({ id }) => id) : processes)
    if (now === before) continue
    if (json) await print(`${now}\n`)
    else {
      const lines = quiet ? processes.map(({ id }) => id) : tableOf(processes, outputStyle())
      await printLines(before === undefined ? lines : ['', ...lines])
    }
    before = now
  }
}
