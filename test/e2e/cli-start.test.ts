// ndctl start: as if the program had been run here.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { execa } from 'execa'
import { daemonProgram } from '../support/daemon/daemon-harness.ts'
import { CliRig, seen } from '../support/terminal/cli-rig.ts'

it('shows what a program writes, starting a daemon for it', async (t) => {
  const rig = new CliRig(t)
  const { stdout, stderr, exitCode } = await rig.run('start', '/bin/ls', '/')
  equal(stdout, `${(await execa('/bin/ls', ['/'])).stdout}\n`)
  equal(stderr, `ndctl: started a daemon for you on ${rig.socket}\n`)
  equal(exitCode, 0)
})

it('ends as the program does, by code or by signal, as a shell sees it', async (t) => {
  const rig = await CliRig.withDaemon(t)
  equal((await rig.shell("ndctl start -- sh -c 'exit 7'; echo $?")).stdout, '7')
  equal((await rig.shell("ndctl start -- sh -c 'kill -9 $$'; echo $?")).stdout, '137')
  equal((await rig.shell("ndctl start -- sh -c 'kill -SEGV $$'; echo $?")).stdout, '139')
  equal((await rig.run('start', '--', 'sh', '-c', 'kill $$')).signal, 'SIGTERM')
  equal((await rig.run('start', '--', 'sh', '-c', 'kill -PIPE $$')).signal, 'SIGPIPE')
})

it('keeps the order of stdout and stderr where both go to one place, and keeps them apart where they do not', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const program = `sh -c 'for n in $(seq 500); do echo out $n; echo err $n >&2; done'`
  const inOrder = Array.from({ length: 500 }, (_, n) => `out ${n + 1}\nerr ${n + 1}`).join('\n')
  equal((await rig.shell(`ndctl start -q -- ${program} 2>&1 | cat`)).stdout, inOrder)
  equal(
    (await rig.shell(`ndctl start -q -- ${program} >${rig.directory}/both 2>&1; cat ${rig.directory}/both`)).stdout,
    inOrder,
  )
  const apart = await rig.shell(`ndctl start -q -- ${program} 2>/dev/null | sort -u | wc -l`)
  equal(apart.stdout, '500')
})

it('gives the program our input, and its end', async (t) => {
  const rig = await CliRig.withDaemon(t)
  equal((await rig.shell("printf 'a\\nb\\n' | ndctl start wc -l")).stdout, '2')
  equal((await rig.runWithInput('a\nb\n', 'start', 'wc', '-l')).stdout, '2\n')
  equal((await rig.runWithInput('a\nb\n', 'start', '--no-stdin', 'wc', '-l')).stdout, '0\n')
})

it('gives the program the end of a named pipe whose writers have left before', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const { stdout } = await rig.shell(
    `cd ${rig.directory}; mkfifo f; exec 3<>f; echo hi >f; exec 0<f 3>&-; ndctl start cat`,
  )
  equal(stdout, 'hi')
})

it('says why a program cannot be started, with the status of env(1)', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const missing = await rig.run('start', '/no/such')
  match(missing.stderr, /^ndctl: cannot start "\/no\/such": .*ENOENT/)
  deepEqual([missing.exitCode, missing.stdout], [127, ''])
  equal((await rig.run('start', 'no-such-program')).exitCode, 127)
  const directory = await rig.run('start', '/etc')
  match(directory.stderr, /EACCES/)
  equal(directory.exitCode, 126)
  const nowhere = await rig.run('start', '-C', '/no/such', 'ls')
  match(nowhere.stderr, /working directory "\/no\/such"/)
  equal(nowhere.exitCode, 125)
})

it('keeps stdout and stderr apart, and lets a program reopen them', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const run = await rig.run('start', '-q', '--', 'sh', '-c', 'echo out; echo err > /dev/stderr')
  deepEqual([run.stdout, run.stderr], ['out\n', 'err\n'])
})

it('loses no byte, through a pipe and into a file', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const file = join(rig.directory, 'random')
  const bytes = randomBytes(20 * 1024 * 1024)
  writeFileSync(file, bytes)
  const hash = createHash('sha256').update(bytes).digest('hex')
  equal((await rig.shell(`ndctl start cat ${file} | sha256sum`)).stdout, `${hash}  -`)
  equal((await rig.shell(`ndctl start cat ${file} > ${file}.2; sha256sum < ${file}.2`)).stdout, `${hash}  -`)
  equal((await rig.shell(`ndctl start cat < ${file} | sha256sum`)).stdout, `${hash}  -`)
})

it('has all of what a program writes that exits at once', async (t) => {
  const rig = await CliRig.withDaemon(t)
  for (let run = 0; run < 10; run++) {
    equal((await rig.shell('ndctl start head -c 1000000 /dev/zero | wc -c')).stdout, '1000000')
  }
})

it('ends as a pipe would when its reader has gone, and so does the program', async (t) => {
  const rig = await CliRig.withDaemon(t)
  equal((await rig.shell('{ ndctl start --name y yes; echo $? >&2; } | head -1')).stdout, 'y')
  equal((await rig.run('wait', 'y')).exitCode, 141)
  const { stderr } = await rig.shell('{ ndctl start -q yes; echo $? >&2; } | head -1')
  equal(stderr, '141')
})

it('leaves a pipe that others use too as it was, even when it dies of a signal', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const flags = 'grep flags /proc/self/fdinfo/0 /proc/self/fdinfo/1'
  const script = `echo x | { ndctl start -- sh -c 'kill -9 $$'; ${flags}; } | cat`
  const { stdout } = await rig.shell(script)
  deepEqual(
    stdout.match(/\d+$/gm)?.map((octal) => Number.parseInt(octal, 8) & 0o4000),
    [0, 0],
  )
})

it('passes signals on, and dies of what the program died of', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const handled = rig.spawn(
    ['start', '--', 'sh', '-c', 'trap "echo got it; exit 3" HUP; echo ready; while :; do read x; done'],
    {
      stdin: 'pipe',
    },
  )
  await seen(handled, 'ready')
  handled.kill('SIGHUP')
  equal((await handled).exitCode, 3)
  const killed = rig.spawn(['start', '--', 'sh', '-c', 'echo ready; exec cat'], { stdin: 'pipe' })
  await seen(killed, 'ready')
  killed.kill('SIGINT')
  equal((await killed).signal, 'SIGINT')
})

it('leaves the words after COMMAND to the command', async (t) => {
  const rig = await CliRig.withDaemon(t)
  equal((await rig.run('start', '--rm', 'printf', '%s\\n', '-d', '--name', '--')).stdout, '-d\n--name\n--\n')
})

it('gives it the environment and the directory asked for', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const { stdout } = await rig.run('start', '-e', 'A=1 2', '-eB=', '--clean-env', '-C', '/usr', 'env')
  deepEqual(stdout.split('\n').sort().slice(1), [
    'A=1 2',
    'B=',
    stdout.match(/NETDAEMON_ID.*/)?.[0],
    stdout.match(/NETDAEMON_RUN=\w+-1$/m)?.[0],
    `NETDAEMON_SOCKET=${rig.socket}`,
  ])
  equal((await rig.run('start', '-C', '/usr', 'pwd')).stdout, '/usr\n')
  equal((await rig.spawn(['start', 'pwd'], { cwd: '/var' })).stdout, '/var\n')
})

it('detached prints the id, and leaves it running with its input open', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const { stdout } = await rig.run('start', '-d', '--name', 'c', '-l', 'role=test', 'cat')
  equal(stdout, 'c\n')
  const detail = await rig.show('c')
  deepEqual([detail.state.kind, detail.labels, detail.input.open], ['running', { role: 'test' }, true])
})

it('forgets with --rm, and replaces only what has ended', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.run('start', '--rm', '--name', 'gone', 'true')
  deepEqual(await rig.list(), [])
  await rig.run('start', '--name', 'web', 'true')
  const taken = await rig.run('start', '--name', 'web', 'true')
  const sentence =
    'ndctl: the name "web" is taken by an ended process; remove that one with "ndctl rm web", or start with --replace\n'
  deepEqual([taken.exitCode, taken.stderr], [125, sentence])
  equal((await rig.run('start', '--replace', '--name', 'web', 'cat')).exitCode, 0)
  equal((await rig.list()).length, 1)
  await rig.run('start', '-d', '--replace', '--name', 'web', 'cat')
  match((await rig.run('start', '--replace', '--name', 'web', 'cat')).stderr, /not ended; .*"ndctl rm -f web"$/m)
})

it('many at once, with no daemon, share the one that wins', async (t) => {
  const rig = new CliRig(t)
  const runs = await Promise.all(Array.from({ length: 6 }, () => rig.run('start', 'echo', 'x')))
  deepEqual(
    runs.map(({ stdout, exitCode }) => [stdout, exitCode]),
    runs.map(() => ['x\n', 0]),
  )
  equal((await rig.list()).length, runs.length)
})

it('with --no-autostart says how to start a daemon', async (t) => {
  const rig = new CliRig(t)
  const { stderr, exitCode } = await rig.run('start', '--no-autostart', 'true')
  equal(exitCode, 125)
  match(stderr, new RegExp(`^ndctl: no daemon listens on ${rig.socket}; start one with "ndctl daemon start"`))
})

it("tells the daemon's own reason when it cannot start one", async (t) => {
  const rig = new CliRig(t)
  const file = join(rig.directory, 'file')
  writeFileSync(file, '')
  const { stderr, exitCode } = await rig.run('start', '--socket', join(file, 's'), 'true')
  equal(exitCode, 125)
  match(stderr, /^ndctl: .*ENOTDIR|EEXIST/)
})

it('says that the daemon is gone, and that the process lives', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const running = rig.spawn(['start', '-q', '--no-stdin', '--', 'sh', '-c', 'echo $$; exec sleep 600'])
  await seen(running, '\n')
  process.kill(await rig.daemonPid(), 'SIGKILL')
  const { stdout, stderr, exitCode } = await running
  equal(exitCode, 125)
  match(String(stderr), /^ndctl: the daemon is gone .* runs on, as pid \d+; /)
  ok(process.kill(Number(stdout), 'SIGKILL'))
})

it('gives a program the umask, the nice value and the directory of whoever runs ndctl', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.run('start', '--rm', 'true')
  const start = 'ndctl start --rm bash -c "read go; umask; nice; pwd; printenv PWD"'
  const script = `cd ${rig.directory}; mkdir real; ln -s real linked; cd linked; umask 007; echo go | nice -n 3 ${start}`
  const { stdout } = await rig.shell(script)
  const linked = join(rig.directory, 'linked')
  deepEqual(stdout.split('\n'), ['0007', String(getPriority() + 3), linked, linked])
})

it('says in a sentence that the current directory has been removed, whatever needs it', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const sentence = /^ndctl: the current directory has been removed; change to another one/m
  for (const words of [
    'ndctl start true',
    'ndctl start -C there true',
    'ndctl -S ./s list',
    'ndctl -S ./s daemon start',
  ]) {
    const { stderr } = await rig.shell(`cd ${rig.directory}; mkdir gone; cd gone; rmdir ../gone; ${words}`)
    match(stderr, sentence, words)
  }
  const daemon = await rig.shell(
    `cd ${rig.directory}; mkdir gone; cd gone; rmdir ../gone; ${process.execPath} ${daemonProgram} --socket ./s`,
  )
  match(
    daemon.stderr,
    /^netdaemon: the current directory has been removed; change to another one, or give absolute paths$/m,
  )
})
