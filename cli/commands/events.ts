// ndctl events: what happens to processes, line by line, until it is interrupted.

import type { ProcessEvent } from '../../client-lib/index.ts'
import { isLive } from '../../proto/live-state.ts'
import { parseCount } from '../command-line/argument-values.ts'
import { command } from '../command-line/command.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { outputStyle, print } from '../stdio/stdio.ts'

type Happening = Exclude<ProcessEvent, { kind: 'gap' }>

export default command({
  name: 'events',
  synopsis: '',
  summary: 'Follow what happens to all processes.',
  notes: [
    'started, stopping, ended, removed: one line each, until Ctrl-C. Events are numbered; --since goes on after one, as far as they are kept, and a line tells what is missing. The numbers of another run of the daemon mean nothing to this one: DAEMON:SEQ notices that (DAEMON is in "ndctl info").',
    '--json prints one object a line, as the protocol has them.',
  ],
  options: {
    since: { type: 'string', value: '[DAEMON:]SEQ', describe: 'go on after this event; 0: with the oldest kept' },
  },
  operands: { min: 0, max: 0 },
  examples: [
    ['ndctl events', ''],
    ['ndctl events --since 0 --json | jq -c .id', 'from the beginning'],
  ],
  async run({ options }) {
    const since = options.since === undefined ? undefined : splitSince(options.since)
    const client = await reachDaemon(options)
    const place = since === undefined ? {} : { since: { daemon: since.daemon ?? client.daemon.daemon, seq: since.seq } }
    const line = options.json ? JSON.stringify : await describer()
    for await (const event of client.events(place)) await print(`${line(event)}\n`)
    return done
  },
})

function splitSince(word: string): { daemon?: string; seq: number } {
  const at = word.lastIndexOf(':')
  const seq = parseCount('--since', word.slice(at + 1))
  return at === -1 ? { seq } : { daemon: word.slice(0, at), seq }
}

async function describer(): Promise<(event: ProcessEvent) => string> {
  const [{ formatTime }, { paint, visible }, { endWords, stateCell }] = await Promise.all([
    import('../text/format.ts'),
    import('../text/table.ts'),
    import('../text/process-text.ts'),
  ])
  const { colour } = outputStyle()
  const words = ({ state }: Happening): string => (isLive(state) ? `pid ${state.pid}` : endWords(state))
  return (event) => {
    if (event.kind === 'gap') {
      return event.to === 0
        ? 'events are missing here: the daemon is another run'
        : `events ${event.from} to ${event.to} are missing here`
    }
    const cell = stateCell(event.state)
    const kind = paint(event.kind.padEnd(8), typeof cell === 'string' ? 'none' : cell.paint, colour)
    return `${formatTime(event.at)}  ${kind}  ${visible(event.id)}  ${words(event)}`
  }
}
