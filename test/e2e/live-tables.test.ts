// ndctl top and list --watch: up to date while they are looked at, and gone without a trace.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { needs } from '../support/programs.ts'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { Tmux } from '../support/terminal/tmux-rig.ts'

/** Two processes, one of them with two children; for those that look at it, one of these uses a processor. */
async function rigWithProcesses(t: TestContext, child: 'busy' | 'idle' = 'idle'): Promise<CliRig> {
  const rig = await CliRig.withDaemon(t)
  await rig.start('busy', [
    'sh',
    '-c',
    `${child === 'busy' ? 'while :; do :; done' : 'sleep 1000'} & sleep 1000 & wait`,
  ])
  await rig.start('calm', ['sleep', '1000'])
  await rig.start('over', ['true'])
  await rig.ended('over')
  return rig
}

/** Runs ndctl in a terminal until q; the terminal must be as it was then. */
async function onTerminal(rig: CliRig, command: string, look: (tmux: Tmux) => Promise<void>): Promise<void> {
  const tmux = await Tmux.open(rig, { columns: 80, rows: 24 })
  try {
    const before = [await tmux.flags(), await tmux.stty()]
    await tmux.type(command)
    await tmux.keys('Enter')
    await look(tmux)
    await tmux.keys('q')
    await tmux.prompt()
    deepEqual([await tmux.flags(), await tmux.stty()], before)
  } finally {
    await tmux.close()
  }
}

it('top prints once, the greediest first, each process with its descendants', async (t) => {
  const rig = await rigWithProcesses(t, 'busy')
  const { stdout } = await rig.run('top', '--once')
  const [head = '', first = '', second = '', ...more] = stdout.trimEnd().split('\n')
  match(head, /^ID +PID +CPU% +MEM +TASKS +AGE +OUTPUT +COMMAND$/)
  match(first, /^busy +\d+ +[\d.]+ +[\d.]+ [KM]iB +3 /)
  match(second, /^calm +\d+ +0\.0 +[\d.]+ [KM]iB +1 /)
  deepEqual(more, [], 'what has ended uses nothing')
  const listed = JSON.parse((await rig.run('top', '--json', '--sort', 'id')).stdout)
  deepEqual(
    listed.map(({ id, usage }: { id: string; usage: { processes: number } }) => [id, usage.processes]),
    [
      ['busy', 3],
      ['calm', 1],
    ],
  )
  ok(listed[0].usage.cpu > 0 && listed[0].usage.memory > 0)
})

it('top stays on a terminal, is sorted by keys, and leaves it as it was', needs('tmux'), async (t) => {
  const rig = await rigWithProcesses(t, 'busy')
  await onTerminal(rig, 'ndctl top', async (tmux) => {
    await tmux.shows(/2 running, 1 ended[\s\S]*sorted by cpu[\s\S]*busy[\s\S]*calm/)
    await tmux.keys('i')
    await tmux.shows('sorted by id')
    await rig.start('another', ['sleep', '1000'])
    await tmux.shows(/3 running[\s\S]*another[\s\S]*busy[\s\S]*calm/)
  })
})

it('list --watch shows what changes, and leaves the terminal as it was', needs('tmux'), async (t) => {
  const rig = await rigWithProcesses(t)
  await onTerminal(rig, 'ndctl list --watch', async (tmux) => {
    await tmux.shows(/busy +running[\s\S]*calm +running[\s\S]*over +exited 0/)
    await rig.run('kill', 'calm')
    await tmux.shows(/calm +killed TERM/)
    await rig.run('rm', 'over')
    await tmux.shows((lines) => !lines.some((line) => line.startsWith('over')))
  })
})

it('both tell of a daemon that has gone, with the terminal as it was', needs('tmux'), async (t) => {
  const rig = await rigWithProcesses(t)
  const tmux = await Tmux.open(rig, { columns: 80, rows: 24 })
  try {
    for (const command of ['top', 'list -w']) {
      await rig.startDaemon()
      await rig.start('seen', ['sleep', '1000'])
      const before = [await tmux.flags(), await tmux.stty()]
      await tmux.type(`clear; ndctl ${command}; echo status $?`)
      await tmux.keys('Enter')
      await tmux.shows(/^seen /m)
      await rig.stopDaemon()
      const screen = await tmux.shows(/^status \d+$/m)
      match(screen.join('\n'), /ndctl: the daemon is gone[\s\S]*status 125/)
      await tmux.prompt()
      deepEqual([await tmux.flags(), await tmux.stty()], before)
    }
  } finally {
    await tmux.close()
  }
})

it('list --watch prints another table where there is no terminal, when something has changed', async (t) => {
  const rig = await rigWithProcesses(t)
  const { stdout, exitCode } = await rig.shell(
    `ndctl list -w --json > ${rig.directory}/out & pid=$!
     until [ -s ${rig.directory}/out ]; do sleep 0.05; done
     ndctl kill -q calm
     until [ $(wc -l < ${rig.directory}/out) = 2 ]; do sleep 0.05; done
     kill $pid; wait $pid; cat ${rig.directory}/out`,
  )
  equal(exitCode, 0)
  const calm = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).find(({ id }: { id: string }) => id === 'calm').state.kind)
  deepEqual(calm, ['running', 'killed'])
})

it('a person is told what is being waited for, and nothing is left of it', needs('tmux'), async (t) => {
  const rig = await rigWithProcesses(t)
  const tmux = await Tmux.open(rig, { columns: 80, rows: 24 })
  try {
    await rig.start('patient', ['sleep', '1000'])
    await tmux.type('ndctl wait patient')
    await tmux.keys('Enter')
    await tmux.shows(/[-\\|/] waiting for patient to end, \d+ s/)
    await rig.run('kill', 'patient')
    const waited = await tmux.prompt()
    ok(!waited.join('\n').includes('waiting for'), waited.join('\n'))
    await tmux.type('ndctl wait calm --timeout 1')
    await tmux.keys('Enter')
    await tmux.shows(/^ndctl: "calm" has not ended within 1000 ms/m)
    const given = await tmux.prompt()
    ok(!given.join('\n').includes('waiting for'), given.join('\n'))
    await tmux.type('ndctl wait calm')
    await tmux.keys('Enter')
    await tmux.shows('waiting for calm to end')
    await tmux.keys('C-c')
    const interrupted = await tmux.prompt()
    ok(!interrupted.join('\n').includes('waiting for'), interrupted.join('\n'))
    // It ends once it may.
    const may = join(rig.directory, 'may-end')
    const patient = `trap "until [ -e ${may} ]; do sleep 0.05; done; exit 4" TERM; echo ready; while :; do sleep 0.05; done`
    await rig.start('most-patient', ['sh', '-c', patient])
    await rig.until('most-patient', 'ready', ({ output }) => output.end > 0)
    await tmux.type('ndctl daemon stop --timeout 1h')
    await tmux.keys('Enter')
    await tmux.shows('stopping the daemon and its processes')
    writeFileSync(may, '')
    const stopped = await tmux.prompt()
    ok(!stopped.join('\n').includes('stopping the daemon'), stopped.join('\n'))
  } finally {
    await tmux.close()
  }
})
