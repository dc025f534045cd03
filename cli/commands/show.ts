// ndctl show: everything the daemon knows about one process.

import type { ProcessDetail } from '../../client-lib/index.ts'
import { command } from '../command.ts'
import { done } from '../exit-status.ts'
import { openClient } from '../session.ts'
import { outputStyle, printJson, printLines } from '../stdio.ts'
import type { Cell } from '../table.ts'

export default command({
  name: 'show',
  synopsis: 'ID',
  summary: 'Show all about one process.',
  notes: ['--json prints a ProcessDetail.'],
  options: { env: { type: 'boolean', describe: 'with its environment, which may hold secrets' } },
  operands: { min: 1, max: 1 },
  examples: [
    ['ndctl show web', ''],
    ['ndctl show web --json | jq .output.end', 'how much it has written'],
  ],
  async run({ options, operands }) {
    const client = await openClient(options)
    const detail = await client.show(operands[0] ?? '', { env: options.env ?? false })
    if (options.json) await printJson(detail)
    else {
      const { facts } = await import('../table.ts')
      await printLines(facts(await describe(detail, Date.now()), outputStyle().colour))
    }
    return done
  },
})

async function describe(detail: ProcessDetail, now: number): Promise<[string, Cell][]> {
  const [{ stateCell }, { formatAge, formatCount, formatSize, formatTime }, { visible }] = await Promise.all([
    import('../process-text.ts'),
    import('../format.ts'),
    import('../table.ts'),
  ])
  const { state, output, input } = detail
  const when = (at: number) => `${formatTime(at)} (${formatAge(now - at)} ago)`
  const live: [string, Cell][] =
    state.kind === 'running' || state.kind === 'stopping' ? [['pid', String(state.pid)]] : [['ended', when(state.at)]]
  const lines = (texts: readonly string[]) => (texts.length === 0 ? '-' : texts.map(visible).join('\n'))
  const pairs = (record: Record<string, string>) =>
    lines(Object.entries(record).map(([key, value]) => `${key}=${value}`))
  return [
    ['id', { text: detail.id, paint: 'strong' }],
    ['state', stateCell(state)],
    ['started', when(detail.startedAt)],
    ...live,
    ['program', detail.path],
    ['arguments', lines(detail.args)],
    ['directory', detail.cwd],
    ['labels', pairs(detail.labels)],
    [
      'output',
      `${formatSize(output.end)}, offsets ${formatCount(output.start)} to ${formatCount(output.end)} kept (limit ${formatSize(detail.outputLimit)})${output.ended ? ', ended' : ''}${detail.held ? ', held back by a lossless client' : ''}`,
    ],
    ['input', inputWords(detail, formatSize(input.taken), formatSize(input.queued))],
    ['when ended', detail.autoRemove ? 'forgotten at once' : 'kept for a while'],
    [
      'clients',
      lines(
        detail.clients.map(
          ({ software, peerPid, lossless, acked }) =>
            `${software}${peerPid === null ? '' : `, pid ${peerPid}`}, ${lossless ? 'lossless' : 'viewer'}, ${formatSize(output.end - acked)} behind`,
        ),
      ),
    ],
    ...(detail.env === null ? [] : [['environment', pairs(detail.env)] as [string, Cell]]),
  ]
}

function inputWords({ stdin, input }: ProcessDetail, taken: string, queued: string): string {
  if (stdin === 'null') return '/dev/null'
  const waiting = input.queued === 0 ? '' : `, ${queued} waiting`
  return `${input.open ? 'open' : 'closed'}, ${taken} taken${waiting}`
}
