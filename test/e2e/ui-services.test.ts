// ndctl ui with services, as a person uses it: what crashes, what takes long, what is stopped in steps, and what needs others.

import { equal } from 'node:assert/strict'
import { it } from 'node:test'
import { needs } from '../support/programs.ts'
import { CliRig } from '../support/terminal/cli-rig.ts'
import { openUi } from '../support/terminal/ui-session.ts'

const cat = ['sh', '-c', 'echo it runs; exec cat']
/** Longer than any test: what is to be seen is that it waits. */
const LONG_MS = 3_600_000

it('a console stays through a restart: every line once, and a border between', needs('tmux'), async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('web', cat, { restart: { policy: 'always' } })
  await using ui = await openUi(rig, 'web')
  await ui.shows(/^ it runs$/m)
  ui.type('one')
  ui.press('Enter')
  await ui.shows(/^ one$/m)
  ui.press('C-]')
  await ui.shows('↑↓ scroll')
  ui.type('R')
  await ui.shows('Stop web, and start it again?')
  equal((await rig.show('web')).runs ?? 1, 1)
  ui.type('y')
  await ui.shows(/── run 2, .*; run 1 was killed by SIGTERM ─+\n it runs$/m)
  await ui.shows(/✓ web is running as pid \d+ \(run 2\)/)
  // The new run has an input of its own.
  ui.type('i')
  ui.type('two')
  ui.press('Enter')
  await ui.shows(/^ two$/m)
  const text = ui.text()
  for (const [line, times] of [
    ['it runs', 2],
    ['one', 1],
    ['two', 1],
  ] as const)
    equal(text.match(new RegExp(`^ ${line}$`, 'gm'))?.length, times, text)
})

it('a process is stopped in its steps, after a question, and is up again', needs('tmux'), async (t) => {
  const rig = await CliRig.withDaemon(t)
  const script = 'echo it runs; read word; echo "told to $word"; exit 0'
  await rig.start('game', ['sh', '-c', script], {
    restart: { policy: 'always' },
    stop: { steps: [{ send: 'stop\n', waitMs: LONG_MS }] },
  })
  await using ui = await openUi(rig)
  await ui.shows(/^ it runs$/m)
  ui.type('S')
  await ui.shows('Stop game, as its spec says')
  ui.type('y')
  await ui.shows(/^ told to stop$/m)
  await ui.shows(/✓ game is stopped; run 1 exited with 0/)
  await ui.shows(/□ game +stopped/)
  ui.type('S')
  await ui.shows(/· game is stopped/)
  ui.type('u')
  await ui.shows(/● game +running/)
  await ui.shows(/✓ game is running as pid \d+ \(run 2\)/)
})

it('a pause between runs is counted down, keeps what is typed, and is ended by hand', needs('tmux'), async (t) => {
  const rig = await CliRig.withDaemon(t)
  const script = 'echo run; test -e ready && exec cat; echo no config >&2; exit 3'
  await rig.start('crasher', ['sh', '-c', script], {
    cwd: rig.directory,
    restart: { policy: 'on-failure', delayMs: LONG_MS, maxMs: LONG_MS, jitter: 0 },
  })
  await using ui = await openUi(rig, 'crasher')
  await ui.shows(/↻ crasher +again in \d+m/)
  await ui.shows(/^▎no config$/m)
  await ui.shows(/── run 1 exited with 3/)
  ui.type('hello')
  ui.press('Enter')
  await ui.shows(/✕ not sent: crasher is not running/)
  await ui.shows(/› hello/)
  await rig.shell(`touch ${rig.directory}/ready`)
  ui.press('C-]')
  await ui.shows('Esc put away')
  ui.type('u')
  await ui.shows(/● crasher +running/)
  await ui.shows(/── run 2, .*; run 1 exited with 3/)
  ui.type('i')
  ui.press('Enter')
  await ui.shows(/^ hello$/m)
})

it('what does not come up is told with its reason and its last lines', needs('tmux'), async (t) => {
  const rig = await CliRig.withDaemon(t)
  const script = 'sleep 0.1; echo cannot open config; exit 2'
  await rig.start('broken', ['sh', '-c', script], { start: { ready: { kind: 'log', match: 'READY' } } })
  await rig.until('broken', 'ended', ({ state }) => state.kind !== 'starting' && state.kind !== 'stopping')
  await using ui = await openUi(rig)
  await ui.shows(/▌✕ broken/)
  ui.type('u')
  await ui.shows(/✕ "broken" did not come up/)
  await ui.shows(/│ cannot open config/)
  ui.press('Escape')
  await ui.shows((text) => !text.includes('did not come up'))
})

it('one that is slow to be ready, and what waits for it, are found by their state', needs('tmux'), async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('slow', ['sh', '-c', 'read go; echo READY; exec cat'], {
    start: { ready: { kind: 'log', match: 'READY' }, timeoutMs: LONG_MS },
  })
  await rig.start('other', cat)
  await rig.start('front', cat, { restart: { policy: 'always' }, dependsOn: { slow: {} } })
  await using ui = await openUi(rig)
  await ui.shows(/◔ slow +starting \d+m/)
  await ui.shows(/◌ front +needs slow/)
  ui.type('e')
  await ui.shows(/▌ all +3/)
  ui.press('Down', 'Down')
  await ui.shows(/▌ changing +2/)
  ui.press('Enter')
  await ui.shows(/only changing 2 of 3/)
  await ui.shows((text) => !/other/.test(text))
  ui.press('Enter')
  ui.type('go')
  ui.press('Enter')
  await ui.shows(/^ READY$/m)
  // It is looked at still, though it is hidden in the list.
  await ui.shows(/only changing 0 of 3/)
  ui.press('Escape')
  await ui.shows('Enter open')
  ui.press('Escape')
  await ui.shows(/● front +running/)
})

it('what a process needs is walked as a tree, and the runs it has had have a page', needs('tmux'), async (t) => {
  const rig = await CliRig.withDaemon(t)
  await rig.start('base', cat, { restart: { policy: 'always' } })
  await rig.start('middle', cat, { restart: { policy: 'always' }, dependsOn: { base: {} } })
  await rig.start('top', ['sh', '-c', 'exit 3'], {
    restart: { policy: 'on-failure', delayMs: 1, maxMs: 1, limit: { starts: 2, withinMs: LONG_MS } },
    dependsOn: { middle: { condition: 'started' } },
  })
  await rig.until('top', 'given up', ({ state }) => state.kind === 'failed')
  await using ui = await openUi(rig)
  await ui.shows(/▌● base/)
  ui.press('Down')
  await ui.shows(/▌● middle/)
  ui.type('D')
  await ui.shows(/└─ ● base +running +✓ must be ready/)
  await ui.shows(/└─ ✖ top +failed +✓ needs it started/)
  ui.press('Down', 'Enter')
  await ui.shows(/▌✖ top/)
  ui.type('d')
  await ui.shows(/why +its policy started it 2 times/)
  await ui.shows(/restart +on-failure, 2 so far/)
  await ui.shows(/needs +✓ middle/)
  await ui.shows(/✕ run 3, \d+s: exited with 3\n.*✕ run 2, /)
  ui.type('h')
  await ui.shows(/runs of top ─+\n top has failed: its policy/)
  await ui.shows(/ 3 +\S+ \S+ +\S+ \S+ +\d+s +exited with 3\n +2 /)
  ui.press('Escape')
  await ui.shows(/why +its policy/)
  // In 40 columns there is less of everything, and all of it still works.
  ui.resize({ columns: 40, rows: 24 })
  await ui.shows(/▌✖ top +failed/)
  ui.type('D')
  await ui.shows(/└─ ● middle +running/)
  ui.press('Up', 'Up', 'Enter')
  await ui.shows(/▌● middle/)
})
