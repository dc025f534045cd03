// The other verbs of ndctl, against a real daemon.

import { deepEqual, equal, match } from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { verbs } from '../../cli/verbs.ts'
import type { ProcessDetail, ProcessEvent, ProcessSummary } from '../../client-lib/index.ts'
import { CliRig, seen } from '../support/terminal/cli-rig.ts'

it('list: a table, ids, or JSON, filtered', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.run('start', '-d', '--name', 'web', '-l', 'role=a', 'cat')
  await rig.run('start', '-d', '--name', 'db', '-l', 'role=b', 'cat')
  await rig.run('start', '-q', '--name', 'dead', '--', 'sh', '-c', 'exit 3')
  const table = (await rig.run('list')).stdout.split('\n')
  deepEqual(table[0]?.split(/ +/), ['ID', 'STATE', 'PID', 'AGE', 'OUTPUT', 'CLIENTS', 'COMMAND'])
  match(table[1] ?? '', /^web +running +\d+ .* cat$/)
  match(table[3] ?? '', /^dead +exited 3 +- /)
  const ids = async (...args: string[]) => (await rig.run('ls', '-q', ...args)).stdout.split('\n').slice(0, -1)
  deepEqual(await ids(), ['web', 'db', 'dead'])
  deepEqual(await ids('d'), ['db', 'dead'])
  deepEqual(await ids('-l', 'role=a'), ['web'])
  deepEqual(await ids('--name', 'db'), ['db'])
  deepEqual(await ids('--state', 'ended'), ['dead'])
  deepEqual(await ids('--state=running,exited', 'd'), ['db', 'dead'])
  deepEqual(
    (await rig.json<ProcessSummary[]>('list', '--state', 'running')).map(({ id }) => id),
    ['web', 'db'],
  )
})

it('show: facts, and the environment only when asked', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.run('start', '-d', '--name', 'web', '-e', 'SECRET=x', 'cat')
  const { stdout } = await rig.run('show', 'web')
  match(stdout, /^id +web\nstate +running\n/)
  equal(stdout.includes('SECRET'), false)
  match((await rig.run('show', '--env', 'web')).stdout, /SECRET=x/)
})

it('show: a terminal and its size', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.run('start', '-d', '-t', '--size', '100x30', '--name', 'edit', 'cat')
  match((await rig.run('show', 'edit')).stdout, /^terminal +100x30$/m)
})

it('kill and wait: signals in all spellings, statuses as a shell has them', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const ended = async (...kill: string[]) => {
    await rig.run('start', '-d', '--replace', '--name', 'w', 'cat')
    const { stdout, stderr, exitCode } = await rig.run('kill', ...kill)
    deepEqual([stdout, stderr, exitCode], ['', '', 0])
    return (await rig.run('wait', 'w')).exitCode
  }
  equal(await ended('w'), 143)
  equal(await ended('-int', 'w'), 130)
  equal(await ended('-9', 'w'), 137)
  equal(await ended('-s', 'SIGHUP', '--main', 'w'), 129)
  await rig.run('start', '-d', '--replace', '--name', 'web', 'cat')
  deepEqual(await rig.json('kill', '-KILL', 'web'), { id: 'web', signal: 'SIGKILL' })
  await rig.run('wait', 'web')
  const again = await rig.run('kill', 'web')
  deepEqual([again.exitCode, /"web": it has ended/.test(again.stderr)], [125, true])
  equal((await rig.run('kill', '-s', 'NONSENSE', 'w', 'web')).stderr.match(/there is no signal "NONSENSE"/g)?.length, 1)
})

it('kill and rm take whole ids: the beginning of one ended another process', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('web-2', ['cat'])
  for (const verb of [['kill'], ['rm', '-f']]) {
    const { stderr, exitCode } = await rig.run(...verb, 'web')
    deepEqual(
      [exitCode, stderr],
      [125, 'ndctl: "web" is only the beginning of an id (web-2); give the whole id, or --prefix\n'],
    )
  }
  equal((await rig.show('web-2')).state.kind, 'running')
  await rig.start('web-3', ['cat'])
  match((await rig.run('kill', '--prefix', 'web')).stderr, /^ndctl: "web" matches web-2, web-3; type more of it\n$/)
  equal((await rig.run('kill', '--prefix', 'web-2')).exitCode, 0)
  equal((await rig.run('wait', 'web-2')).exitCode, 143)
  equal((await rig.run('rm', 'web-2')).exitCode, 0)
  equal((await rig.run('rm', '--prefix', '-f', 'w')).exitCode, 0)
})

it('several ids: one that is missing does not keep the others, and fails at the end', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('a', ['cat'])
  await rig.start('b', ['cat'])
  const missing = 'ndctl: there is no process "no"; "ndctl list" shows all processes\n'
  const shown = await rig.run('show', 'a', 'no', 'b')
  deepEqual([shown.exitCode, shown.stderr], [125, missing])
  match(shown.stdout, /^id +a\n(.+\n)*\nid +b\n/)
  const killed = await rig.run('kill', '-9', 'a', 'no', 'b')
  deepEqual([killed.exitCode, killed.stderr], [125, missing])
  const waited = await rig.run('wait', '--json', 'no', 'a', 'b')
  deepEqual([waited.exitCode, waited.stderr], [125, missing])
  deepEqual(
    (JSON.parse(waited.stdout) as ProcessSummary[]).map(({ id, state }) => [id, state.kind]),
    [
      ['a', 'killed'],
      ['b', 'killed'],
    ],
  )
  const removed = await rig.run('rm', 'a', 'no', 'b')
  deepEqual([removed.exitCode, removed.stderr], [125, missing])
  deepEqual(await rig.list(), [])
})

it('wait: of several, the first status that is not 0', async (t) => {
  const rig = await CliRig.withDaemon(t)
  for (const [name, code] of [
    ['zero', 0],
    ['three', 3],
    ['four', 4],
  ] as const) {
    await rig.run('start', '-d', '--name', name, '-l', 'role=job', '--', 'sh', '-c', `exit ${code}`)
  }
  equal((await rig.run('wait', 'zero', 'four', 'three')).exitCode, 4)
  equal((await rig.run('wait', '-l', 'role=job')).exitCode, 3)
  await rig.start('on', ['cat'])
  const late = await rig.run('wait', '--timeout', '1ms', 'zero', 'on')
  deepEqual([late.exitCode, late.stderr.includes('"on" has not ended within')], [124, true])
})

it('--label and --all select: running ones to kill, ended ones to remove, all to show', async (t) => {
  const rig = await CliRig.withDaemon(t)
  for (const [name, role] of [
    ['g1', 'game'],
    ['g2', 'game'],
    ['l1', 'lobby'],
  ] as const) {
    await rig.run('start', '-d', '--name', name, '-l', `role=${role}`, 'cat')
  }
  const ids = async () => (await rig.list()).map(({ id }) => id)
  deepEqual(await rig.json('kill', '-l', 'role=game', '-KILL'), [
    { id: 'g1', signal: 'SIGKILL' },
    { id: 'g2', signal: 'SIGKILL' },
  ])
  equal((await rig.run('wait', '-l', 'role=game')).exitCode, 137)
  // The ended ones are no reason to fail.
  deepEqual(await rig.run('kill', '-l', 'role=game').then(({ exitCode, stderr }) => [exitCode, stderr]), [
    0,
    'ndctl: no running process matches\n',
  ])
  deepEqual(
    (await rig.json<ProcessDetail[]>('show', '--all')).map(({ id }) => id),
    ['g1', 'g2', 'l1'],
  )
  equal((await rig.run('rm', '--all')).exitCode, 0)
  deepEqual(await ids(), ['l1'])
  equal((await rig.run('rm', '--all', '-f', '-q')).exitCode, 0)
  deepEqual(await ids(), [])
})

it('a selection that is none, or two, is refused; so is a signal that would be taken for an id', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('web', ['cat'])
  for (const verb of ['kill', 'wait', 'rm', 'show']) {
    match((await rig.run(verb)).stderr, /^ndctl: missing ID; give IDs, --label K=V, or --all; see/)
    match((await rig.run(verb, 'web', '--all')).stderr, /^ndctl: give only one of IDs, --label and --all; see/)
  }
  match(
    (await rig.run('kill', 'web', 'HUP')).stderr,
    /^ndctl: there is no process "HUP"; a signal comes before the IDs: ndctl kill -HUP ID; see/,
  )
  equal((await rig.show('web')).state.kind, 'running')
})

it('wait: exits with 124 when it took too long', async (t) => {
  const rig = new CliRig(t)
  await rig.start('w', ['cat'])
  equal((await rig.run('wait', 'w', '--timeout', '1ms')).exitCode, 124)
  const waiting = rig.spawn(['wait', 'w', '--json'])
  await rig.run('send', '--eof', 'w')
  const { stdout, exitCode } = await waiting
  equal(exitCode, 0)
  equal((JSON.parse(String(stdout)) as ProcessSummary).state.kind, 'exited')
})

it('rm: each by itself, running ones only by force', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('up', ['cat'])
  await rig.run('start', '-q', '--name', 'down', 'true')
  const { stderr, exitCode } = await rig.run('rm', 'up', 'down')
  equal(exitCode, 125)
  match(stderr, /^ndctl: cannot remove "up"/)
  deepEqual(
    (await rig.list()).map(({ id }) => id),
    ['up'],
  )
  // More than may wait for an answer at once.
  const { stderr: many } = await rig.run('show', ...Array.from({ length: 5000 }, (_, n) => `no-${n}`))
  equal(many.match(/^ndctl: there is no process "no-/gm)?.length, 5000)
  equal((await rig.run('rm', '-f', 'up')).exitCode, 0)
  deepEqual(await rig.list(), [])
})

it('send: a line, a piece of one, an end', async (t) => {
  const rig = new CliRig(t)
  await rig.start('c', ['cat'])
  await rig.run('send', 'c', 'two', 'words')
  await rig.run('send', 'c', '--no-newline', 'part')
  await rig.run('send', 'c', '--eof', '--', '--rest')
  equal((await rig.run('wait', 'c')).exitCode, 0)
  equal((await rig.run('attach', 'c', '--from', 'start')).stdout, 'two words\npart--rest\n')
  match((await rig.run('send', 'c', 'more')).stderr, /^ndctl: "c" takes no input/)
})

it('events: from where it is told to, as lines or JSON', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.run('start', '-q', '--rm', '--name', 'x', '--', 'sh', '-c', 'exit 3')
  const following = rig.spawn(['events', '--since', '0', '--json'])
  await seen(following, '"removed"')
  following.kill('SIGINT')
  const { stdout, signal } = await following
  equal(signal, 'SIGINT')
  const events = String(stdout)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ProcessEvent)
  deepEqual(
    events.map(({ kind }) => kind),
    ['started', 'ended', 'removed'],
  )
  const lines = rig.spawn(['events', '--since', '0'])
  await seen(lines, 'removed')
  lines.kill('SIGTERM')
  match(
    String((await lines).stdout),
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}started {3}x {2}pid \d+\n.* {2}ended {5}x {2}exited with 3\n/,
  )
})

it('daemon: start, status and stop say what is, and are content with what is so already', async (t) => {
  const rig = new CliRig(t)
  const down = await rig.run('daemon', 'status')
  deepEqual([down.exitCode, down.stdout], [3, `not running: nothing listens on ${rig.socket}\n`])
  match((await rig.run('daemon', 'start')).stderr, /^ndctl: the daemon is now running as pid \d+/)
  match((await rig.run('daemon', 'start')).stderr, /^ndctl: the daemon is already running/)
  const up = await rig.run('daemon', 'status')
  deepEqual([up.exitCode, /^running as pid \d+/.test(up.stdout)], [0, true])
  match((await rig.run('info')).stdout, new RegExp(`\nsocket +${rig.socket}\n`))
  await rig.run('start', '-d', 'cat')
  equal((await rig.run('daemon', 'stop')).stderr, 'ndctl: the daemon has ended; 1 process ended\n')
  equal((await rig.run('daemon', 'stop')).exitCode, 0)
  equal((await rig.run('daemon', 'status', '-q')).exitCode, 3)
})

it('daemon stop --leave: the processes run on', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.run('start', '-d', '--no-stdin', '--name', 's', 'sleep', '600')
  const { state } = await rig.show('s')
  equal((await rig.run('daemon', 'stop', '--leave')).stderr, 'ndctl: the daemon has ended; 1 process left running\n')
  equal(process.kill('pid' in state ? (state.pid ?? 0) : 0, 'SIGKILL'), true)
})

it('ends as of SIGPIPE when nobody reads what it prints', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.run('start', '-q', 'true')
  const following = rig.spawn(['events', '--since', '0'])
  await seen(following, 'ended')
  following.stdout?.destroy()
  await rig.run('start', 'true')
  const { signal, stderr } = await following
  deepEqual([signal, stderr], ['SIGPIPE', ''])
})

it('works in a directory that has been removed, and says what it cannot do there', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const there = (line: string) =>
    rig.shell(`mkdir ${rig.directory}/gone; cd ${rig.directory}/gone; rmdir ../gone; ${line}`)
  equal((await there('ndctl list --quiet=true && ndctl start -C / pwd')).stdout, '/')
  const { exitCode, stderr } = await there('ndctl start pwd')
  equal(exitCode, 125)
  match(stderr, /ndctl: the current directory has been removed; change to another one, or give one with --cwd DIR$/)
})

it('a command line that makes no sense is one line on stderr and 125, whatever the verb', async (t) => {
  const rig = new CliRig(t)
  const wrong = [...verbs.keys()].flatMap((name) => [
    [...name.split(' '), '--no-such-option'],
    [...name.split(' '), '--socket'],
    [...name.split(' '), '--json=1'],
  ])
  for (const words of [...wrong, ['no-such-verb'], ['daemon', 'x'], ['ps', 'web'], ['wait'], ['list', 'a', 'b']]) {
    const { stdout, stderr, exitCode } = await rig.run(...words)
    deepEqual([words, stdout, exitCode, stderr.split('\n').length], [words, '', 125, 2])
    match(stderr, /^ndctl: .* [Ss]ee "ndctl .*--help"\n$/)
  }
})

it('a verb known from elsewhere is pointed to what does the same here', async (t) => {
  const rig = new CliRig(t)
  const pointed = async (word: string) => (await rig.run(word, 'web')).stderr
  equal(
    await pointed('run'),
    'ndctl: there is no command "run"; to start a program, use "ndctl start COMMAND"; see "ndctl --help"\n',
  )
  const pointers: Record<string, RegExp> = {
    log: /ndctl logs ID/,
    tail: /ndctl logs -f ID/,
    ps: /ndctl list/,
    exec: /ndctl attach ID/,
    inspect: /ndctl show ID/,
    delete: /ndctl rm ID/,
    remove: /ndctl rm ID/,
  }
  for (const [word, pointer] of Object.entries(pointers)) match(await pointed(word), pointer)
})

it('a word that went astray is not taken for a socket: no daemon is started on it', async (t) => {
  const rig = new CliRig(t)
  const there = { cwd: rig.directory }
  const { stderr, exitCode } = await rig.spawn(['start', '-S', 'root', 'ls'], there)
  deepEqual(
    [exitCode, stderr],
    [
      125,
      'ndctl: --socket takes a path with a "/" in it, not "root"; for this directory write "./root"; see "ndctl start --help"\n',
    ],
  )
  const named = await rig.spawn(['start', 'ls'], { ...there, env: { ...rig.env, NETDAEMON_SOCKET: 'root' } })
  match(String(named.stderr), /^ndctl: \$NETDAEMON_SOCKET takes a path with a "\/" in it, not "root"/)
  match((await rig.run('start', '-u', 'root', 'ls')).stderr, /^ndctl: "ndctl start" has no option -u;/)
  equal(existsSync(join(rig.directory, 'root')), false)
  match(String((await rig.spawn(['daemon', 'status', '-S', './s'], there)).stdout), /^not running: .* \.\/s\n$/)
})

it('tables have colours in a pipe if FORCE_COLOR asks for them', async (t) => {
  const rig = new CliRig(t)
  await rig.run('start', '-d', '--name', 'web', 'cat')
  const list = async (env: Record<string, string>) =>
    String((await rig.spawn(['list'], { env: { ...rig.env, ...env } })).stdout).includes('\x1b[32mrunning\x1b[0m')
  equal(await list({}), false)
  equal(await list({ FORCE_COLOR: '1', NO_COLOR: '1' }), true)
  equal(await list({ FORCE_COLOR: '0' }), false)
})

it('a mistyped word gets a hint, and 125', async (t) => {
  const rig = new CliRig(t)
  const told = async (...args: string[]) => {
    const { stdout, stderr, exitCode } = await rig.run(...args)
    deepEqual([stdout, exitCode], ['', 125])
    return stderr
  }
  equal(await told('lst'), 'ndctl: there is no command "lst"; did you mean "list"? See "ndctl --help"\n')
  equal(
    await told('list', '--jsn'),
    'ndctl: "ndctl list" has no option --jsn; did you mean --json? See "ndctl list --help"\n',
  )
  equal(await told('start', ''), 'ndctl: COMMAND is empty; name the program to start; see "ndctl start --help"\n')
  equal(
    await told('start', '--output-limit', '1k', 'ls'),
    'ndctl: --output-limit must be from 64 KiB to 1.0 GiB, not 1k; see "ndctl start --help"\n',
  )
  match(await told('start', '--output-limit', '1025M', 'ls'), /^ndctl: --output-limit must be from/)
  equal(await told('daemon'), 'ndctl: "ndctl daemon" needs one more word: start, stop or status; see "ndctl --help"\n')
  equal(await told(), 'ndctl: missing COMMAND; see "ndctl --help"\n')
  match(
    await told('list'),
    /^ndctl: no daemon listens on .*; start one with "ndctl daemon start", or a process with "ndctl start COMMAND"\n$/,
  )
})
