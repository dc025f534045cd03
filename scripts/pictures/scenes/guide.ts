// The pictures of docs/guide.md and README.md.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { enter, type Scene, type Stage } from '../scene.ts'

/** A server that writes a line five times a second, as in the guide. */
const TICK = `#!/bin/sh
n=0
while sleep 0.2; do n=$((n+1)); echo "tick $n"; done
`

/** A game server as far as its completion shows it. */
const GAME = '#!/bin/sh\nexec sleep 1000\n'

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

export const guideScenes: readonly Scene[] = [firstSteps, terminal, completion]
