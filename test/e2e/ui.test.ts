// ndctl ui as a person uses it: in a real terminal, with real keys, against a real daemon. What the screen shows is waited
// for; nothing is timed.

import { deepEqual, equal, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import type { TerminalSession } from '../../scripts/pictures/terminal-session.ts'
import { needs } from '../support/programs.ts'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { openTerminal, openUi } from '../support/terminal/ui-session.ts'

interface Processes {
  readonly [id: string]: readonly string[]
}

const cat = { cat: ['cat'] }
const ticks = ['sh', '-c', 'echo first line; echo trouble >&2; exec sleep 1000']

/** A daemon with these processes. */
async function rigWith(t: TestContext, processes: Processes): Promise<CliRig> {
  const rig = await CliRig.withDaemon(t)
  for (const [id, command] of Object.entries(processes)) await rig.start(id, command)
  return rig
}

it('a process is found, typed into, and ended by end of file', needs('tmux'), async (t) => {
  const rig = await rigWith(t, { sleeper: ['sleep', '1000'], ...cat, other: ['sleep', '1000'] })
  await using ui = await openUi(rig)
  await ui.shows(/▌● sleeper/)
  ui.type('/')
  ui.type('cat')
  await ui.shows(/filter cat 1 of 3/)
  ui.press('Enter', 'Enter')
  ui.type('hello there')
  ui.press('Enter')
  await ui.shows(/^ hello there$/m)
  await rig.until('cat', 'given the line', ({ input }) => input.taken === 12)
  ui.type('again')
  ui.press('C-u', 'Up')
  await ui.shows(/› hello there/)
  ui.press('C-c', 'C-d')
  await ui.shows('Close the input of cat?')
  ui.type('y')
  await ui.shows(/cat has ended: exited 0/)
  await ui.shows(/── exited with 0/)
})

it('a program is run, signalled, run again and removed, each after a question', needs('tmux'), async (t) => {
  const rig = await rigWith(t, {})
  await using ui = await openUi(rig)
  await ui.shows('no processes yet')
  ui.type('r')
  ui.type('sh -c "echo it runs; sleep 1000"')
  ui.press('Tab')
  ui.type('job')
  ui.press('Enter')
  await ui.shows(/^ it runs$/m)
  await ui.shows(/▌● job/)
  const first = await rig.show('job')
  ui.press('Escape')
  await ui.shows('Enter open')
  ui.type('s')
  await ui.shows('Send a signal to job')
  ui.press('Down', 'Down', 'Down')
  await ui.shows('Enter send KILL')
  equal((await rig.show('job')).state.kind, 'running')
  ui.press('Enter')
  await ui.shows(/✕ job +killed KILL/)
  ui.type('r')
  await ui.shows('start job again')
  await ui.shows(/command +.*sh -c 'echo it runs/)
  ui.press('Enter')
  await ui.shows(/● job +running/)
  await rig.until('job', 'another process', ({ handle }) => handle !== first.handle)
  ui.press('Escape')
  await ui.shows('Enter open')
  ui.type('x')
  await ui.shows('Kill job (SIGKILL), and remove it')
  ui.type('n')
  await ui.shows('Enter open')
  equal((await rig.show('job')).state.kind, 'running')
  ui.type('xy')
  await ui.shows('no processes yet')
  deepEqual(await rig.list(), [])
})

it('what cannot be started is said in the form', needs('tmux'), async (t) => {
  await using ui = await openUi(await rigWith(t, cat))
  ui.type('r')
  ui.type('/no/such/program')
  ui.press('Enter')
  await ui.shows(/✕ cannot start "\/no\/such\/program": no such file/)
})

it('the console is scrolled, paused, searched and followed, with keys and with the wheel', needs('tmux'), async (t) => {
  const rig = await rigWith(t, { log: ['sh', '-c', 'seq -f "line %g" 1 200; cat'] })
  await using ui = await openUi(rig, 'log')
  await ui.shows(/^ line 200$/m)
  // Reports of the wheel, over the console and over nothing.
  ui.type('\x1b[<64;10;20M')
  await ui.shows(/paused, 3 lines below/)
  ui.type('\x1b[<65;10;20M\x1b[<64;10;1M')
  await ui.shows('following')
  ui.press('Tab', 'Tab')
  await ui.shows('↑↓ scroll')
  ui.press('Home')
  await ui.shows(/^ line 1$/m)
  ui.type('/line 77')
  ui.press('Enter')
  await ui.shows(/^ line 77$/m)
  await ui.shows('/line 77 n N')
  ui.press('End')
  await ui.shows(/^ line 200$/m)
  ui.type('f')
  await ui.shows('paused')
  // Nothing of all that was typed into it.
  equal((await rig.show('log')).input.taken, 0)
})

it('stderr is marked, and details tell about the process', needs('tmux'), async (t) => {
  await using ui = await openUi(await rigWith(t, { ticks }))
  await ui.shows(/^ first line$/m)
  await ui.shows(/^▎trouble$/m)
  ui.type('d')
  await ui.shows(/command +\S*\/sh -c/)
  await ui.shows(/ +● started, pid \d+/)
})

it('several lines that are pasted are sent after a question', needs('tmux'), async (t) => {
  const rig = await rigWith(t, cat)
  await using ui = await openUi(rig, 'cat')
  ui.type('\x1b[200~one\rtwo\rthree\x1b[201~')
  await ui.shows('Send 3 pasted lines')
  ui.type('y')
  await ui.shows(/^ two$/m)
  await ui.shows(/› three/)
})

it('a program that asks its terminal is answered, once, also while it is typed into', needs('tmux'), async (t) => {
  const rig = await rigWith(t, {})
  // Where is the cursor? Six bytes are its answer; whatever comes after them would be shown as well.
  const asks =
    "stty raw -echo; printf '\\033[6n'; dd bs=1 count=6 2>/dev/null | od -An -c; timeout 1 dd bs=1 2>/dev/null | od -An -c"
  const script = `read go; ${asks}; echo that was all; exec sleep 1000`
  await rig.start('asker', ['sh', '-c', script], { terminal: { columns: 80, rows: 24 } })
  await using ui = await openUi(rig, 'asker')
  await ui.shows('every key goes to asker')
  ui.press('Enter')
  await ui.shows(/033 +\[ +2 +; +1 +R\s+that was all/)
})

it('a daemon that goes away is waited for, and what it has then is shown', needs('tmux'), async (t) => {
  const rig = await rigWith(t, cat)
  await using ui = await openUi(rig)
  await rig.stopDaemon()
  await ui.shows('reconnecting…')
  await rig.startDaemon()
  await rig.start('newcomer', ['cat'])
  await ui.shows(/▌● newcomer/)
})

it('every key of the UI is in its help', needs('tmux'), async (t) => {
  await using ui = await openUi(await rigWith(t, cat))
  ui.type('?')
  await ui.shows(/keys, 1 to \d+ of \d+/)
  ui.press('End')
  await ui.shows('In a question or a form')
  ui.type('q')
  await ui.shows(/▌● cat/)
})

/** How the UI is left, and the exit status then. */
const endings: readonly (readonly [how: string, leave: (ui: TerminalSession, pid: number) => void, status: string])[] =
  [
    ['q', (ui) => ui.type('q'), '0'],
    ['Ctrl-C', (ui) => ui.press('C-c'), '0'],
    ['SIGTERM', (_, pid) => process.kill(pid, 'SIGTERM'), '143'],
    ['SIGHUP', (_, pid) => process.kill(pid, 'SIGHUP'), '129'],
    ['a bug', (_, pid) => process.kill(pid, 'SIGUSR2'), '125'],
  ]

for (const [how, leave, status] of endings) {
  it(`the terminal is as it was after ${how}`, needs('tmux'), async (t) => {
    const rig = await rigWith(t, cat)
    const preload = join(rig.directory, 'bug.cjs')
    writeFileSync(preload, "process.on('SIGUSR2', () => { throw new Error('found in a test') })")
    const modes = (file: string) => `stty -a > ${join(rig.directory, file)}`
    const run = `sh -c 'echo $$ > ${join(rig.directory, 'pid')}; NODE_OPTIONS=--require=${preload} exec ndctl ui'`
    await using session = openTerminal(
      rig,
      `${modes('before')}; echo before; ${run}; status=$?; ${modes('after')}; echo "status $status"; read x`,
    )
    await session.shows(/1 running/)
    const file = (name: string) => rig.shell(`cat ${join(rig.directory, name)}`)
    leave(session, Number((await file('pid')).stdout))
    await session.shows(`status ${status}`)
    match(session.text(), /^before\n/)
    equal((await file('after')).stdout, (await file('before')).stdout)
    // Neither pastes nor the mouse are reported any more, and the cursor is to be seen.
    deepEqual(session.modes(), { alternate: false, cursor: true, mouse: false, wrap: true })
  })
}

it('it is put aside with Ctrl-Z, and comes back', needs('tmux'), async (t) => {
  const rig = await rigWith(t, cat)
  await using session = openTerminal(
    rig,
    "exec bash --norc --noprofile -c 'set -m; ndctl ui; echo put aside; read x; fg; echo left; read x'",
  )
  await session.shows(/▌● cat/)
  session.press('C-z')
  await session.shows('put aside')
  session.press('Enter')
  await session.shows(/▌● cat/)
  session.type('q')
  await session.shows('left')
})

it('it gets its keys again after it was stopped from outside', needs('tmux'), async (t) => {
  const rig = await rigWith(t, cat)
  const pid = join(rig.directory, 'pid')
  const ui = `sh -c "echo \\$\\$ > ${pid}; exec ndctl ui"`
  await using session = openTerminal(
    rig,
    `exec bash --norc --noprofile -c 'set -m; ${ui}; stty sane; echo put aside; read x; fg; echo left; read x'`,
  )
  await session.shows(/▌● cat/)
  process.kill(Number((await rig.shell(`cat ${pid}`)).stdout), 'SIGSTOP')
  await session.shows('put aside')
  session.press('Enter')
  await session.shows(/▌● cat/)
  session.type('?')
  await session.shows('In the list')
  session.type('qq')
  await session.shows('left')
})

it('a terminal that is too small is told how large it must be, and goes on when it is', needs('tmux'), async (t) => {
  await using ui = await openUi(await rigWith(t, cat))
  ui.resize({ columns: 39, rows: 20 })
  await ui.shows('39×20 is too small; 40×12 will do')
  ui.resize({ columns: 130, rows: 40 })
  await ui.shows(/▌● cat/)
  await ui.shows(/details ─+/)
})

it('without a terminal, or with one that can’t place text, it says so', needs('tmux'), async (t) => {
  const rig = await rigWith(t, cat)
  const { exitCode, stderr } = await rig.run('ui')
  deepEqual([exitCode, stderr.split(';')[0]], [125, 'ndctl: the UI needs a terminal for its input and output'])
  await using session = openTerminal(rig, 'TERM=dumb ndctl ui; echo "status $?"; read x')
  await session.shows('can move its cursor')
  await session.shows('status 125')
})

it('no process is held back by being looked at, however much it writes', needs('tmux'), async (t) => {
  const rig = await rigWith(t, { flood: ['yes'], ...cat })
  await using ui = await openUi(rig, 'flood')
  await ui.shows(/^ y$/m)
  const written = async () => (await rig.show('flood')).output.end
  const before = await written()
  await rig.until('flood', 'written on', ({ output }) => output.end > before + 50_000_000)
  // The keys go on meanwhile.
  ui.press('Escape')
  await ui.shows('Enter open')
  ui.press('Down')
  await ui.shows(/▌● cat/)
})
