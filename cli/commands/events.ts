// ndctl events: what happens to processes, line by line, until it is interrupted.

import type { ProcessEvent } from '../../client-lib/index.ts'
import { isEnded, isLive } from '../../proto/live-state.ts'
import { parseCount } from '../command-line/argument-values.ts'
import { command } from '../command-line/command.ts'
import { reachDaemon } from '../connection/reach-daemon.ts'
import { done } from '../exit-status.ts'
import { whileRead } from '../stdio/reader-watch.ts'
import { outputStyle, print } from '../stdio/stdio.ts'
import { jsonText } from '../text/steering.ts'

type Happening = Exclude<ProcessEvent, { kind: 'gap' | 'unknown' }>

export default command({
  name: 'events',
  synopsis: '',
  summary: 'Follow the starts and ends of all processes.',
  notes: [
    'Prints one line for each process that is started, stopping, ended or removed, until Ctrl-C. Events are numbered. --since SEQ continues after that event, and a line reports events that are no longer kept. The numbers begin again when the daemon is restarted; INSTANCE:SEQ notices that ("ndctl info" shows the instance).',
    '--json prints one object per line, with the field names of the protocol.',
  ],
  options: {
    since: {
      type: 'string',
      value: '[INSTANCE:]SEQ',
      describe: 'continue after this event; 0: begin with the oldest that is kept',
    },
  },
  operands: { min: 0, max: 0 },
  examples: [
    ['ndctl events', ''],
    ['ndctl events --since 0 --json | jq -c .id', 'from the beginning'],
  ],
  async run({ options }) {
    const since = options.since === undefined ? undefined : splitSince(options.since)
    const client = await reachDaemon(options)
    const place =
      since === undefined ? {} : { since: { instance: since.instance ?? client.daemon.instance, seq: since.seq } }
    const line = options.json ? jsonText : await describer()
    const follow = async () => {
      for await (const event of client.events(place)) await print(`${line(event)}\n`)
    }
    await whileRead(follow())
    return done
  },
})

function splitSince(word: string): { instance?: string; seq: number } {
  const at = word.lastIndexOf(':')
  const seq = parseCount('--since', word.slice(at + 1))
  return at === -1 ? { seq } : { instance: word.slice(0, at), seq }
}

async function describer(): Promise<(event: ProcessEvent) => string> {
  const [{ formatTime }, { paint, visible }, { endWords, stateCell, stateWords }] = await Promise.all([
    import('../text/format.ts'),
    import('../text/table.ts'),
    import('../text/process-text.ts'),
  ])
  const { colour } = outputStyle()
  const words = (event: Happening): string => {
    const { state } = event
    if (event.kind === 'matched') return visible(event.line)
    if (isLive(state) && state.kind === 'running' && state.health !== undefined) return stateWords(state)
    if (isLive(state)) return `pid ${state.pid}`
    return isEnded(state) ? endWords(state) : stateWords(state)
  }
  return (event) => {
    if (event.kind === 'gap') {
      return event.to === 0
        ? 'events are missing here: the daemon has been restarted'
        : `events ${event.from} to ${event.to} are missing here`
    }
    if (event.kind === 'unknown') {
      const { id } = event.facts
      const subject = typeof id === 'string' ? visible(id) : ''
      return `${formatTime(event.at)}  ${visible(event.word).padEnd(8)}  ${subject}`.trimEnd()
    }
    const cell = stateCell(event.state)
    const kind = paint(event.kind.padEnd(8), typeof cell === 'string' ? 'none' : cell.paint, colour)
    return `${formatTime(event.at)}  ${kind}  ${visible(event.id)}  ${words(event)}`
  }
}
