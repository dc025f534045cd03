// The pictures of docs/guide.md and README.md.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { enter, type Scene, type Stage } from '../scene.ts'

/** A server that writes a line five times a second, as in the guide. */
const TICK = `#!/bin/sh
n=0
while sleep 0.2; do n=$((n+1)); echo "tick $n"; done
`

/** A game server as far as its console shows it: it begins, chats, and answers what is typed, two lines a second. */
const GAME = `#!/bin/bash
say() { printf '[12:04:%02d INFO]: %s\\n' $((9 + n++ / 2)) "$1"; }
n=0
say 'Starting minecraft server version 1.21.4'
say 'Loading properties'
say 'Default game type: SURVIVAL'
say 'Preparing level "world"'
say 'Preparing spawn area: 100%'
say 'Time elapsed: 914 ms'
say 'Done (2.318s)! For help, type "help"'
say 'ada joined the game'
say '<ada> is anybody there?'
say 'grace joined the game'
say '<grace> on my way'
while read -r line; do
  case $line in
    list) say 'There are 2 of 20 players online: ada, grace' ;;
    say*) say "[Server]\${line#say}" ;;
    *) say "Unknown command" ;;
  esac
done
`

function program(stage: Stage, name: string, text: string): void {
  writeFileSync(join(stage.directory, name), text, { mode: 0o755 })
}

const firstSteps: Scene = {
  file: 'docs/screens/first-steps.svg',
  title: 'a shell',
  description: 'A shell in which a server is started, listed, attached to and killed',
  columns: 80,
  rows: 15,
  prepare: (stage) => program(stage, 'tick', TICK),
  async play(session) {
    await enter(session, 'ndctl start -d --name ticker ./tick')
    await enter(session, 'ndctl wait ticker --timeout 1')
    await enter(session, 'ndctl list')
    await enter(session, 'ndctl attach --from start ticker | head -3')
    await enter(session, 'ndctl kill ticker; ndctl wait ticker; echo $?')
  },
}

const terminal: Scene = {
  file: 'docs/screens/terminal.svg',
  title: 'a shell',
  description: 'A shell: an editor was left with Ctrl-P Ctrl-Q, is listed, and is about to be attached to again',
  columns: 90,
  rows: 7,
  async play(session) {
    session.type('ndctl start -t --name edit vim notes.txt')
    session.press('Enter')
    await session.shows('"notes.txt"')
    session.type('iremember the milk')
    await session.shows('remember')
    session.press('C-p', 'C-q')
    await session.shows((text) => text.includes('ndctl start') && text.trimEnd().endsWith('$'))
    await enter(session, 'ndctl list')
    session.type('ndctl attach edit')
    await session.settled()
  },
}

const ui: Scene = {
  file: 'docs/screens/ui.svg',
  title: 'ndctl ui',
  description: 'All processes on the terminal: a list, the details of one, and its console',
  columns: 112,
  rows: 30,
  command: ['ndctl', 'ui'],
  varying: [
    [/\d+\.\d(?=% cpu)|(?<=queue +)\d+\.\d/, '62.5'],
    [/\b\d+(?= M mem)/, '12'],
    [/\d\.\d(?= M)/, '3.1'],
    [/(?<= )\d(?=s\b)/, '7'],
  ],
  prepare(stage) {
    program(stage, 'minecraft', GAME)
    program(stage, 'backup', '#!/bin/sh\necho "backup: no space left on device" >&2; exit 3\n')
    program(stage, 'queue', '#!/bin/sh\nwhile :; do :; done\n')
    program(stage, 'web', '#!/bin/sh\nsleep 1000\n')
    stage.run('ndctl start -qd --name survival -l role=game -l zone=eu ./minecraft')
    stage.run('ndctl start -qd --name creative -l role=game -l zone=us ./minecraft')
    stage.run('ndctl start -qd --name web -l role=web ./web')
    stage.run('ndctl start -qd --name queue -l role=worker ./queue')
    stage.run('ndctl start -q --name backup -l role=job ./backup 2>&1; true')
    stage.run('ndctl send survival list; ndctl send survival say restart in 5 minutes')
  },
  async play(session) {
    await session.shows('restart in 5 minutes')
    // When it has asked twice, it knows what takes processor time.
    await session.shows(/ queue +[\d.]+/)
    await session.settled()
  },
}

const completion: Scene = {
  file: 'docs/screens/completion.svg',
  title: 'zsh',
  description: 'Tab in zsh after "ndctl kill": the running processes, with their commands',
  columns: 90,
  rows: 8,
  cursor: true,
  command: ['zsh', '-d'],
  prepare(stage) {
    const rc = "PROMPT='$ '\nautoload -Uz compinit && compinit -D -u\nsource <(ndctl completion zsh)\nclear\n"
    writeFileSync(join(stage.directory, '.zshrc'), rc)
    program(stage, 'minecraft', GAME)
    program(stage, 'web', '#!/bin/sh\nsleep 1000\n')
    for (const name of ['creative', 'survival']) stage.run(`ndctl start -qd --name ${name} ./minecraft --world ${name}`)
    stage.run('ndctl start -qd --name web ./web --port 80')
  },
  async play(session) {
    await session.shows((text) => text.trim() === '$')
    session.type('ndctl kill ')
    session.press('Tab')
    await session.shows('survival')
    await session.settled()
  },
}

export const guideScenes: readonly Scene[] = [firstSteps, terminal, ui, completion]
