// ndctl start -t: a process on a terminal of its own, and ndctl on one, or not. The terminals here are made by script(1); how
// it all looks is for terminal-tmux.test.ts.

import { deepEqual, equal, match } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { execa } from 'execa'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { onTerminal, ranOnTerminal } from '../support/terminal/script-terminal.ts'
import { waitFor } from '../support/wait.ts'

const ESC = '\x1b'
/** What ndctl takes back of what {@link inside} has done to our terminal. */
const inOrderAgain = '\x1b[?1049l\x1b[?25h\x1b[?1000l'
const inside = 'printf "\\033[?1049h\\033[?25l\\033[?1000hready"; exec sleep 1000'

const lines = (text: string) => text.split('\r\n').slice(0, -1)

it('every byte of a process that writes and exits at once comes, and then its end', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const all = Array.from({ length: 20_000 }, (_, at) => `${at + 1}\r\n`).join('')
  for (let run = 0; run < 10; run++) {
    const { written, exitCode } = await ranOnTerminal(rig, "ndctl start -qt --rm -- sh -c 'seq 1 20000; exit 3'")
    equal(exitCode, 3)
    equal(written, all)
  }
})

it('tells a person how it ended, and dies of what it died of', async (t) => {
  const rig = await CliRig.withDaemon(t)
  deepEqual(await ranOnTerminal(rig, "ndctl start -t --name n -- sh -c 'printf x; exit 7'"), {
    written: 'x\r\nndctl: "n" exited with 7\r\n',
    exitCode: 7,
  })
  const killed = await ranOnTerminal(rig, "ndctl start -t --name k -- sh -c 'kill -9 $$'; echo $?")
  deepEqual(lines(killed.written).at(-1), '137')
  match(killed.written, /"k" was killed by SIGKILL/)
})

// It waited in a write to the terminal, with its signals caught: only SIGKILL ended it.
for (const [options, signals] of [
  ['', 1],
  ['--sig-proxy < /dev/null', 2],
] as const) {
  it(`a terminal that takes nothing does not keep "attach ${options}" from ending by a signal`, async (t) => {
    const rig = new CliRig(t)
    await rig.start('flood', ['yes'], { terminal: { columns: 80, rows: 24 } })
    // Of what nobody reads: execa reads everything.
    const running = spawn('script', ['-qefc', `exec ndctl attach --lossless flood ${options}`, '/dev/null'], {
      env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm', ...rig.env },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    t.after(() => running.kill('SIGKILL'))
    const ended = once(running, 'exit')
    await rig.until('flood', 'to stand still', ({ held }) => held)
    const ndctl = (await rig.show('flood')).clients[0]?.peerPid ?? 0
    process.kill(ndctl, 'SIGTERM')
    if (signals === 2) {
      await rig.until('flood', 'to have got it', ({ state }) => state.kind === 'killed')
      process.kill(ndctl, 'SIGTERM')
    }
    // script(1), which waits for its own reader, leaves it a zombie.
    await waitFor('ndctl to end', () => / [ZX] /.test(readFileSync(`/proc/${ndctl}/stat`, 'latin1')))
    running.stdout.resume()
    deepEqual(await ended, [143, null])
  })
}

it('bytes pass both ways as they are', async (t) => {
  const rig = new CliRig(t)
  const echo = 'stty raw -echo; printf ready; dd bs=1 count=516 2>/dev/null; exec sleep 0.1'
  const terminal = onTerminal(rig, `ndctl start -qt --detach-keys none -- sh -c '${echo}'`)
  await terminal.seen('ready')
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')
  // A character of two bytes, cut apart.
  for (const keys of [all, '\xc3', '\xa9', all, '\r\n']) terminal.type(keys)
  const { written } = await terminal.ended()
  // At the end, ndctl takes back the Shift Out (0x0e) that was among them.
  equal(written.slice(written.indexOf('ready') + 5), `${all}\xc3\xa9${all}\r\n\x0f`)
})

it('has the size of our terminal, or the one given, and follows ours', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const size = async (line: string) => lines((await ranOnTerminal(rig, line)).written)
  deepEqual(await size('stty rows 30 cols 100; ndctl start -qt stty size'), ['30 100'])
  deepEqual(await size('stty rows 30 cols 100; ndctl start -qt --size 70x20 stty size'), ['20 70'])
  deepEqual(await size('stty rows 0 cols 0; ndctl start -qt stty size'), ['24 80'])
  deepEqual((await rig.run('start', '-t', 'stty', 'size')).stdout, '24 80\r\n')
  const waits = join(rig.directory, 'waits')
  writeFileSync(waits, "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.02; done")
  const terminal = onTerminal(rig, `tty; stty rows 30 cols 100; ndctl start -qt sh ${waits}`)
  await terminal.seen('30 100')
  await execa('stty', ['-F', lines(terminal.written())[0] ?? '', 'cols', '99'])
  deepEqual(lines((await terminal.ended()).written).slice(1), ['30 100', '30 99'])
})

it('knows our terminal by its variables, unless told otherwise', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const show = (options: string, env: Record<string, string>) =>
    ranOnTerminal(rig, `ndctl start -qt ${options} -- sh -c 'echo $TERM $COLORTERM $LC_TIME'`, env)
  const env = { TERM: 'foot', COLORTERM: 'truecolor', LC_TIME: 'C' }
  equal((await show('', env)).written, 'foot truecolor C\r\n')
  equal((await show('-e TERM=dumb', env)).written, 'dumb truecolor C\r\n')
  equal((await rig.run('start', 'sh', '-c', 'echo $COLORTERM')).stdout, '\n')
})

it('is left by its keys, and our terminal is as it was', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const terminal = onTerminal(rig, `stty -a; ndctl start -t --name n -- sh -c '${inside}'; echo $?; stty -a`)
  await terminal.seen('ready')
  terminal.type('\x10')
  terminal.type('\x11')
  const { written } = await terminal.ended()
  const [before = '', after = ''] = written.split(inOrderAgain)
  const [said, status, ...modes] = lines(after.trimStart())
  deepEqual([said, status], ['ndctl: detached from "n", which runs on', '0'])
  deepEqual(modes, lines(before.slice(0, before.indexOf(ESC))))
  equal((await rig.show('n')).state.kind, 'running')
})

it('leaves our terminal in order when ndctl dies of a bug', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const preload = join(rig.directory, 'bug.cjs')
  writeFileSync(preload, "process.on('SIGUSR2', () => { throw new Error('found in a test') })")
  const start = `NODE_OPTIONS=--require=${preload} exec ndctl start -t --name n -- sh -c "$inside"`
  const terminal = onTerminal(rig, `stty -a; sh -c 'echo "pid $$"; ${start}'; echo $?; stty -a`, { inside })
  await terminal.seen('ready')
  const [first = '', pid = ''] = terminal.written().split(/pid (\d+)/)
  process.kill(Number(pid), 'SIGUSR2')
  const { written } = await terminal.ended()
  const after = lines(written.split(inOrderAgain)[1]?.trimStart() ?? '')
  match(after[0] ?? '', /^ndctl: a bug in ndctl/)
  deepEqual(after.slice(after.indexOf('125') + 1), lines(first))
})

it('a stdin that is no terminal is typed into it, and its end is a Ctrl-D', async (t) => {
  const rig = new CliRig(t)
  const shell = await rig.runWithInput('echo one\nexit 4\n', 'start', '-qt', 'sh')
  equal(shell.exitCode, 4)
  // Its prompt is before it if the line was typed before the shell asked.
  match(shell.stdout, /^(?:[#$] )?one\r$/m)
  match((await rig.runWithInput('a\nb\n', 'start', '-qt', 'wc', '-l')).stdout, /^2\r$/m)
  match((await rig.runWithInput('half', 'start', '-qt', 'wc', '-c')).stdout, /^.*4\r$/m)
})

it('a stdout that is no terminal gets what it writes, and ours stays as it is', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const { written } = await ranOnTerminal(rig, "ndctl start -t -- sh -c 'stty size; echo done' | cat -A; stty -a")
  match(written, /^24 80\^M\$\r$/m)
  match(written, /^done\^M\$\r$/m)
  match(written, / icanon .* echo /)
})

it('can be started in the background', async (t) => {
  const rig = new CliRig(t)
  const { written, exitCode } = await ranOnTerminal(
    rig,
    'stty rows 30 cols 100; ndctl start -q -dt --name n sleep 1000',
  )
  deepEqual([written, exitCode], ['n\r\n', 0])
  deepEqual((await rig.list())[0]?.terminal, { columns: 100, rows: 30 })
})

it('a command line that makes no sense is refused', async (t) => {
  const rig = new CliRig(t)
  const refusal = async (...args: string[]) => (await rig.run(...args)).stderr
  match(await refusal('start', '--size', '80x24', 'ls'), /--size needs --tty/)
  match(await refusal('start', '-t', '--size', '80', 'ls'), /--size takes columns and rows/)
  match(await refusal('start', '--detach-keys', 'ctrl-1', 'ls'), /"ctrl-1" is not a key/)
  match(await refusal('attach', '-r', '--eof', 'x'), /--read-only and --eof exclude each other/)
})
