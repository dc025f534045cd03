// How it looks to a person at a terminal: programs run under ndctl as they would without it, and however ndctl ends, the
// terminal is as it was.

import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { execa } from 'execa'
import { statOf } from '../support/daemon/daemon-harness.ts'
import { needs } from '../support/programs.ts'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { Tmux } from '../support/terminal/tmux-rig.ts'
import { waitFor } from '../support/wait.ts'

const size = { columns: 80, rows: 24 }

/** Runs a test in a terminal, which is gone before the rig looks for what is left. */
function atTerminal(name: string, run: (tmux: Tmux, rig: CliRig) => Promise<void>): void {
  it(name, needs('tmux', 'vim', 'less', 'top'), async (t: TestContext) => {
    const rig = await CliRig.withDaemon(t)
    const tmux = await Tmux.open(rig, size)
    try {
      await run(tmux, rig)
    } finally {
      await tmux.close()
    }
  })
}

/** Fails if the terminal is not as it was. */
async function whichStays(tmux: Tmux, run: () => Promise<void>): Promise<void> {
  const before = [await tmux.modes(), await tmux.flags()]
  await run()
  deepEqual([await tmux.modes(), await tmux.flags()], before)
}

describe('a program under ndctl', () => {
  atTerminal(
    'vim: shows, takes keys, follows the window, is left and found again on a smaller one',
    async (tmux, rig) => {
      await whichStays(tmux, async () => {
        await tmux.type('ndctl start -t --name edit vim -nu NONE -N')
        await tmux.keys('Enter')
        await tmux.untilFlags('the alternate screen', (flags) => flags.includes('alternate_on=1'))
        await tmux.shows('VIM - Vi IMproved')
        await tmux.type('ihello, wörld')
        await tmux.keys('Escape')
        await tmux.shows(/^hello, wörld/)
        await tmux.resize(70, 20)
        await tmux.type(':set lines? columns?')
        await tmux.keys('Enter')
        await tmux.shows(/lines=20[\s\S]*columns=70/)
        await tmux.keys('Enter')
        await tmux.keys('C-p', 'C-q')
        await tmux.prompt()
      })
      match((await tmux.screen()).join('\n'), /ndctl: detached from "edit", which runs on/)
      const small = await Tmux.open(rig, { columns: 50, rows: 12 }, 'small')
      try {
        await whichStays(small, async () => {
          await small.type('ndctl attach edit')
          await small.keys('Enter')
          await small.shows(/^hello, wörld/)
          await small.type(':set lines? columns?')
          await small.keys('Enter')
          await small.shows(/lines=12[\s\S]*columns=50/)
          await small.keys('Enter')
          await small.type(':q!')
          await small.keys('Enter')
          await small.prompt()
        })
        match((await small.screen()).join('\n'), /ndctl: "edit" exited with 0/)
      } finally {
        await small.close()
      }
    },
  )

  atTerminal('bash: job control, and Ctrl-C', async (tmux) => {
    await whichStays(tmux, async () => {
      await tmux.type('ndctl start -t -e PS1=IN: bash --norc')
      await tmux.keys('Enter')
      await tmux.shows(/^IN:$/m)
      await tmux.type('sleep 100')
      await tmux.keys('Enter')
      await tmux.shows('IN:sleep 100')
      await tmux.keys('C-z')
      await tmux.shows(/Stopped +sleep 100/)
      await tmux.type('fg; echo "ended with $?"')
      await tmux.keys('Enter')
      await tmux.shows(/^sleep 100$/m)
      await tmux.keys('C-c')
      await tmux.type('echo "ended with $?"')
      await tmux.keys('Enter')
      await tmux.shows('ended with 130')
      await tmux.keys('C-d')
      await tmux.prompt()
    })
  })

  atTerminal('bash: a Ctrl-P alone is the line before', async (tmux) => {
    await tmux.type('ndctl start -t -e PS1=IN: bash --norc')
    await tmux.keys('Enter')
    await tmux.shows(/^IN:$/m)
    await tmux.type('echo one$((1))')
    await tmux.keys('Enter')
    await tmux.shows(/^one1$/m)
    await tmux.keys('C-p')
    await tmux.shows(/one1\nIN:echo one/)
    await tmux.keys('C-c')
    await tmux.shows(/\^C\nIN:$/m)
    await tmux.keys('C-d')
    await tmux.prompt()
  })

  atTerminal('a screen that is drawn anew: application keypad and cursor keys are on', async (tmux, rig) => {
    await rig.start('keys', ['sh', '-c', 'printf "\\033=\\033[?1hdrawn"; exec sleep 1000'], { terminal: size })
    await rig.until('keys', 'drawn', ({ output }) => output.end >= 'drawn'.length)
    await whichStays(tmux, async () => {
      await tmux.type('ndctl attach keys')
      await tmux.keys('Enter')
      await tmux.shows(/^drawn/)
      match(await tmux.flags(), /keypad_flag=1 keypad_cursor_flag=1/)
      await tmux.keys('C-p', 'C-q')
      await tmux.prompt()
    })
  })

  atTerminal('top: draws again and again, and follows the window', async (tmux) => {
    await whichStays(tmux, async () => {
      await tmux.type('ndctl start -t --name t top -d 0.2')
      await tmux.keys('Enter')
      await tmux.shows(/PID USER/)
      const [first] = await tmux.shows(/^top - \d\d:\d\d:\d\d/)
      await tmux.shows(([line]) => line !== first)
      await tmux.resize(60, 15)
      await tmux.shows((lines) => lines.filter((line) => /^ *\d+ \w/.test(line)).length === 8)
      await tmux.keys('q')
      await tmux.prompt()
    })
  })

  atTerminal('less: goes through a large file', async (tmux, rig) => {
    const file = join(rig.directory, 'large')
    await execa('sh', ['-c', `seq 10000000 >${file}`])
    await whichStays(tmux, async () => {
      await tmux.type(`ndctl start -t less ${file}`)
      await tmux.keys('Enter')
      await tmux.shows(/^1\n2\n3\n/)
      await tmux.keys('Space')
      await tmux.shows(/^24\n25\n/)
      await tmux.resize(80, 30)
      await tmux.shows((lines) => lines[28] === '52')
      await tmux.keys('G')
      await tmux.shows((lines) => lines[28] === '10000000')
      await tmux.type('?9999000')
      await tmux.keys('Enter')
      await tmux.shows(/^9999000$/m)
      await tmux.keys('q')
      await tmux.prompt()
    })
  })

  atTerminal(
    'without a terminal of its own: the keys leave it in the middle of a line; Ctrl-Z stops it',
    async (tmux, rig) => {
      await whichStays(tmux, async () => {
        await tmux.type('ndctl start -q --name n -- sh -c "echo ready; exec cat"')
        await tmux.keys('Enter')
        await tmux.shows(/^ready$/m)
        await tmux.type('hello')
        await tmux.keys('Enter')
        await tmux.shows(/^hello\nhello$/m)
        await tmux.keys('C-z')
        await tmux.prompt()
      })
      const pid = await pidOf(rig, 'n')
      const state = () => statOf(pid)?.state
      equal(state(), 'T')
      await whichStays(tmux, async () => {
        await tmux.type('fg')
        await tmux.keys('Enter')
        // What is typed before it has the terminal, bash's line editor gets.
        await waitFor('it to go on', () => state() === 'S')
        await tmux.type('again')
        await tmux.keys('Enter')
        await tmux.shows(/^again\nagain$/m)
        await tmux.type('never sent')
        await tmux.keys('C-p', 'C-q')
        await tmux.prompt()
      })
      const { output } = await rig.show('n')
      equal(output.end, 'ready\nhello\nagain\n'.length)
    },
  )
})

describe('the keys that leave a process without a terminal', () => {
  // Bash gives a job that was stopped none of its modes back, and a SIGSTOP tells nobody that they will be gone.
  atTerminal('are heeded after ndctl was stopped from outside', async (tmux) => {
    await whichStays(tmux, async () => {
      await tmux.type('ndctl start -q --name n -- sh -c "echo ready; exec cat"')
      await tmux.keys('Enter')
      await tmux.shows(/^ready$/m)
      process.kill(await tmux.job(), 'SIGSTOP')
      await tmux.prompt()
      await tmux.type('fg')
      await tmux.keys('Enter')
      await tmux.shows(/^ndctl start -q/m)
      await tmux.type('again')
      await tmux.keys('Enter')
      await tmux.shows(/^again\nagain$/m)
      await tmux.type('never sent')
      await tmux.keys('C-p', 'C-q')
      await tmux.prompt()
    })
  })
})

async function pidOf(rig: CliRig, id: string): Promise<number> {
  const { state } = await rig.show(id)
  return 'pid' in state ? (state.pid ?? 0) : 0
}

/** Leaves behind everything that a program can switch on. */
const messy = [
  String.raw`printf '\033[?1049h\033[?25l\033[?1000;1002;1003;1006h\033[?2004h\033[?1h\033=\033[?7l\033[4h\033[3;10r\033[31m\033(0'`,
  'printf ready',
  'exec "$@"',
].join('; ')

describe('the terminal is as it was', () => {
  const ends: readonly (readonly [what: string, end: (tmux: Tmux, rig: CliRig) => Promise<unknown>, said: RegExp])[] = [
    ['the keys were struck', (tmux) => tmux.keys('C-p', 'C-q'), /detached from "n"/],
    ['the program has ended', (_tmux, rig) => rig.run('kill', '-INT', 'n'), /"n" (exited|was killed)/],
    ['the program was killed', (_tmux, rig) => rig.run('kill', '-KILL', 'n'), /"n" was killed by SIGKILL/],
    ['ndctl got SIGTERM', async (tmux) => process.kill(await tmux.job(), 'SIGTERM'), /detached from "n"/],
    ['ndctl got SIGHUP', async (tmux) => process.kill(await tmux.job(), 'SIGHUP'), /detached from "n"/],
    ['ndctl got SIGINT', async (tmux) => process.kill(await tmux.job(), 'SIGINT'), /detached from "n"/],
    ['ndctl died of a bug', async (tmux) => process.kill(await tmux.job(), 'SIGUSR2'), /a bug in ndctl/],
  ]
  for (const [what, end, said] of ends) {
    atTerminal(`when ${what}`, async (tmux, rig) => {
      await startMess(tmux, rig)
      await whichStays(tmux, async () => {
        await startMessy(tmux)
        await end(tmux, rig)
        await tmux.prompt()
      })
      match((await tmux.screen()).join('\n'), said)
    })
  }

  atTerminal('while ndctl is stopped; and going on draws the screen anew', async (tmux, rig) => {
    await startMess(tmux, rig)
    await whichStays(tmux, async () => {
      await startMessy(tmux)
      process.kill(await tmux.job(), 'SIGTSTP')
      await tmux.prompt()
    })
    await tmux.type('fg')
    await tmux.keys('Enter')
    await tmux.untilFlags(
      'the mess to be back',
      (flags) => flags.includes('alternate_on=1') && flags.includes('cursor_flag=0'),
    )
    await tmux.keys('C-p', 'C-q')
    await tmux.prompt()
  })

  atTerminal('when ndctl is stopped by force and goes on in the background: the shell keeps it', async (tmux, rig) => {
    await rig.run('start', '-dt', '--name', 'n', '--', 'sh', '-c', 'printf here; read line; printf "\\033[?1000hthere"')
    await tmux.type('ndctl attach n')
    await tmux.keys('Enter')
    await tmux.shows(/^here/m)
    process.kill(await tmux.job(), 'SIGSTOP')
    await tmux.prompt()
    await tmux.command('stty sane; printf "\\033c"')
    await whichStays(tmux, async () => {
      await tmux.command('bg')
      await rig.until('n', 'left', ({ clients }) => clients.length === 0)
      await rig.run('send', 'n', 'go on')
      await rig.until('n', 'ended', ({ state }) => state.kind === 'exited')
      await tmux.command('kill %1; wait %1; echo "status $?"')
    })
    const shown = (await tmux.screen()).join('\n')
    match(shown, /status 143/)
    doesNotMatch(shown, /there/)
  })

  atTerminal('when ndctl is killed while it is stopped: it hears the signal', async (tmux, rig) => {
    await startMess(tmux, rig)
    await whichStays(tmux, async () => {
      await startMessy(tmux)
      process.kill(await tmux.job(), 'SIGTSTP')
      await tmux.prompt()
      await tmux.type('clear; kill %1')
      await tmux.keys('Enter')
      await tmux.shows('detached from "n", which runs on')
      await tmux.command('wait %1; echo "status $?"')
    })
    match((await tmux.screen()).join('\n'), /status 143/)
  })

  atTerminal('when the daemon was killed', async (tmux, rig) => {
    await startMess(tmux, rig)
    const daemon = await rig.daemonPid()
    await whichStays(tmux, async () => {
      await startMessy(tmux, '--retry 0')
      const pid = await pidOf(rig, 'n')
      process.kill(daemon, 'SIGKILL')
      await tmux.prompt()
      process.kill(pid, 'SIGKILL')
    })
    match((await tmux.screen()).join('\n'), /the daemon is gone/)
  })

  atTerminal('when the daemon was killed and Ctrl-C was struck while it was waited for', async (tmux, rig) => {
    await startMess(tmux, rig)
    const daemon = await rig.daemonPid()
    await whichStays(tmux, async () => {
      await startMessy(tmux, '--retry 1h')
      const pid = await pidOf(rig, 'n')
      process.kill(daemon, 'SIGKILL')
      await tmux.shows('lost the connection')
      await tmux.keys('C-c')
      await tmux.prompt()
      process.kill(pid, 'SIGKILL')
    })
  })

  /** Writes the programs that make the mess, and one by which ndctl can be made to throw. */
  async function startMess(tmux: Tmux, rig: CliRig): Promise<void> {
    writeFileSync(join(rig.directory, 'messy'), messy)
    writeFileSync(join(rig.directory, 'bug.cjs'), "process.on('SIGUSR2', () => { throw new Error('found in a test') })")
    await tmux.command(`cd ${rig.directory}; export NODE_OPTIONS=--require=${rig.directory}/bug.cjs; clear`)
  }

  async function startMessy(tmux: Tmux, options = ''): Promise<void> {
    await tmux.type(`ndctl start -t ${options} --name n sh messy sleep 1000`)
    await tmux.keys('Enter')
    await tmux.shows(/^├⎺▒⎽⎺⎺⎺|⎼␊▒␍≤|ready/m)
    await tmux.untilFlags('all of the mess', (flags) => /alternate_on=1 cursor_flag=0.*mouse_sgr_flag=1/.test(flags))
  }
})
