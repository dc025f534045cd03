// Typing at processes without a terminal, from a terminal that script(1) makes: how a person finds the way out, and is told what
// does not go as they expect.

import { deepEqual, equal, match } from 'node:assert/strict'
import { it } from 'node:test'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { onTerminal } from '../support/terminal/script-terminal.ts'

const CTRL_C = '\x03'
const CTRL_D = '\x04'
const DETACH = '\x10\x11'
const attached = 'attached to "c"; Ctrl-P Ctrl-Q or Ctrl-C detaches'
const warned = 'Ctrl-D does not end the input of "c" ("ndctl send --eof c" does); Ctrl-D again detaches'

/** An attach to a process that says each line that it gets. */
async function attach(rig: CliRig, options = '') {
  await rig.start('c', ['sh', '-c', 'while read line; do echo "got $line"; done; echo its end; exec sleep 1000'])
  const terminal = onTerminal(rig, `ndctl attach ${options} c`)
  await terminal.seen('attached to "c"')
  return terminal
}

it('an attach says how to leave, once', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const terminal = await attach(rig)
  terminal.type('one\n')
  await terminal.seen('got one')
  terminal.type(DETACH)
  const { written, exitCode } = await terminal.ended()
  deepEqual([written.split(attached).length, exitCode], [2, 0])
  match(written, /ndctl: detached from "c", which runs on\r\n$/)
})

it('an attach to a terminal says it too, and a quiet one does not', async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('t', ['sh', '-c', 'echo ready; exec cat'], { terminal: { columns: 80, rows: 24 } })
  const terminal = onTerminal(rig, 'ndctl attach t')
  await terminal.seen('ready')
  terminal.type(DETACH)
  match((await terminal.ended()).written, /^ndctl: attached to "t"; Ctrl-P Ctrl-Q detaches\r\n/)
  const quiet = onTerminal(rig, 'ndctl attach -q t')
  await quiet.seen('ready')
  quiet.type(DETACH)
  equal((await quiet.ended()).written.includes('detaches'), false)
})

// After a Ctrl-D, what was typed was dropped without a word, and the detach keys were shown as ^P^Q.
it('Ctrl-D leaves the input open and says so; typing goes on, and a second one leaves', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const terminal = await attach(rig)
  terminal.type(CTRL_D)
  await terminal.seen(warned)
  terminal.type('still\n')
  await terminal.seen('got still')
  terminal.type(CTRL_D)
  const { written, exitCode } = await terminal.ended()
  deepEqual([exitCode, written.split(warned).length], [0, 2])
  match(written, /detached from "c", which runs on\r\n$/)
  equal((await rig.show('c')).input.open, true)
})

for (const [name, keys, status] of [
  ['the detach keys', DETACH, 0],
  ['Ctrl-C', CTRL_C, 130],
] as const) {
  it(`${name} leave after a Ctrl-D`, async (t) => {
    const rig = await CliRig.withDaemon(t)
    const terminal = await attach(rig)
    terminal.type(CTRL_D)
    await terminal.seen(warned)
    terminal.type(keys)
    const { written, exitCode } = await terminal.ended()
    equal(exitCode, status)
    match(written, /detached from "c", which runs on\r\n$/)
  })
}

it('with --eof a Ctrl-D ends the input, and the keyboard still leaves', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const terminal = await attach(rig, '--eof')
  terminal.type(CTRL_D)
  await terminal.seen('its end')
  terminal.type(DETACH)
  equal((await terminal.ended()).exitCode, 0)
})

for (const options of ['--read-only', '--no-stdin']) {
  it(`with ${options} nothing is sent, and the detach keys and Ctrl-D leave`, async (t) => {
    const rig = await CliRig.withDaemon(t)
    for (const keys of [DETACH, CTRL_D]) {
      const terminal = await attach(rig, options)
      terminal.type('dropped\n')
      terminal.type(keys)
      equal((await terminal.ended()).exitCode, 0)
      equal((await rig.show('c')).input.taken, 0)
      await rig.run('rm', '-fq', 'c')
    }
  })
}

it('a process that takes no more input says so, and can be left', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const terminal = await attach(rig)
  await rig.run('send', '--eof', 'c')
  await terminal.seen('its end')
  terminal.type('too late\n')
  await terminal.seen('"c" takes no more input; Ctrl-P Ctrl-Q or Ctrl-C detaches')
  terminal.type(DETACH)
  equal((await terminal.ended()).exitCode, 0)
})

it('a silent interpreter gets a hint at -t, and one that speaks or was told not to gets none', async (t) => {
  const rig = await CliRig.withDaemon(t)
  const hint = 'has written nothing so far; if it needs a terminal, start it with "ndctl start -t"'
  const silent = onTerminal(rig, 'ndctl start --name py sh')
  await silent.seen(`"py" ${hint}`)
  silent.type('echo $((6 * 7))\n')
  await silent.seen('42')
  silent.type(CTRL_D)
  equal((await silent.ended()).exitCode, 0)
  const typed = onTerminal(rig, "ndctl start --name slow -- sh -c 'read x; read y; echo $x$y'")
  typed.type('one\n')
  await typed.seen(`"slow" ${hint}`)
  typed.type('two\n')
  const { written } = await typed.ended()
  deepEqual([written.split(hint).length, written.includes('onetwo')], [2, true])
})
