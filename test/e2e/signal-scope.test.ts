// Whom a signal to ndctl reaches: the process alone, or the whole group where a terminal sends it; and how the terminal is left.

import { equal, match } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { statOf } from '../support/daemon/daemon-harness.ts'
import { needs } from '../support/programs.ts'
import { CliRig, seen } from '../support/terminal/cli-rig.ts'
import { Tmux } from '../support/terminal/tmux-rig.ts'
import { waitFor } from '../support/wait.ts'

const isGone = (pid: number) => statOf(pid) === undefined
/** A shell with a child that lives on if only the shell is sent a signal. */
const FAMILY = 'sh -c "echo child \\$\\$; exec sleep 600"; echo over'

async function inTerminal(t: TestContext, run: (tmux: Tmux, rig: CliRig) => Promise<void>): Promise<void> {
  const rig = await CliRig.withDaemon(t)
  const tmux = await Tmux.open(rig, { columns: 80, rows: 24 })
  try {
    await run(tmux, rig)
  } finally {
    await tmux.close()
  }
}

it('a signal that somebody sends reaches the process, and not its children', async (t) => {
  const rig = await CliRig.withDaemon(t)
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    const running = rig.spawn(['start', '-q', '--', 'sh', '-c', FAMILY])
    await seen(running, '\n')
    const child = Number(/child (\d+)/.exec(running.written.stdout)?.[1])
    running.kill(signal)
    equal((await running).signal, signal)
    equal(isGone(child), false, `the child after ${signal}`)
    process.kill(child, 'SIGKILL')
  }
})

it('ends with 128+n, or of the same signal, when the process has died of one without a name', async (t) => {
  const rig = await CliRig.withDaemon(t)
  for (const number of [34, 40, 64]) {
    equal((await rig.shell(`ndctl start -q -- bash -c 'kill -${number} $$'; echo $?`)).stdout, String(128 + number))
  }
})

describe('at a terminal', needs('tmux'), () => {
  it('Ctrl-C reaches the whole group', async (t) => {
    await inTerminal(t, async (tmux, rig) => {
      await tmux.type(`ndctl start -q --name x -- sh -c '${FAMILY}'`)
      await tmux.keys('Enter')
      const child = Number(/child (\d+)/.exec((await tmux.shows(/child \d+/)).join('\n'))?.[1])
      await tmux.keys('C-c')
      await tmux.prompt()
      await waitFor('the child to be gone', () => isGone(child))
      equal((await rig.show('x')).state.kind, 'killed')
    })
  })

  it('Ctrl-Z is left to a process that does something about it', async (t) => {
    await inTerminal(t, async (tmux) => {
      await tmux.type(`ndctl start -q -- sh -c 'trap "echo no; exit 3" TSTP; echo up; while :; do sleep 0.1; done'`)
      await tmux.keys('Enter')
      await tmux.shows(/^up$/m)
      await tmux.keys('C-z')
      await tmux.shows(/no$/m)
      await tmux.command('echo status $?')
      match((await tmux.screen()).join('\n'), /^status 3$/m)
    })
  })

  it('no signal leaves it in raw mode, or on another screen', async (t) => {
    await inTerminal(t, async (tmux, rig) => {
      await rig.start('shell', ['cat'], { terminal: { columns: 80, rows: 24 } })
      const [modes, flags] = [await tmux.modes(), await tmux.flags()]
      for (const [words, shown] of [
        ['attach shell', undefined],
        ['ui', /^ netdaemon/],
        ['top', /running, /],
      ] as const) {
        for (const signal of ['USR2', 'ALRM', 'RTMIN', 'SEGV']) {
          await tmux.command('clear')
          await tmux.type(`sh -c 'ulimit -c 0; echo $$ >pid; exec ndctl ${words}'; stty -a >after`)
          await tmux.keys('Enter')
          if (shown !== undefined) await tmux.shows(shown)
          else await rig.until('shell', 'attached to', ({ clients }) => clients.length > 0)
          process.kill(Number(readFileSync(`${rig.directory}/pid`, 'latin1')), signal === 'RTMIN' ? 34 : `SIG${signal}`)
          await tmux.prompt()
          equal(await tmux.flags(), flags, `what ${signal} leaves switched on by ${words}`)
          const after = readFileSync(`${rig.directory}/after`, 'utf8').replace(/rows \d+; columns \d+; /, '')
          equal(after, modes, `the modes that ${signal} leaves by ${words}`)
        }
      }
    })
  })
})
