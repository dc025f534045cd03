// The UI at three sizes: docs/screens/ui-80x24.svg and so on.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scene, Stage } from '../scene.ts'
import type { StableRule } from '../stable.ts'

/** Servers as far as their consoles show them. */
const PROGRAMS: Readonly<Record<string, string>> = {
  minecraft: `#!/bin/bash
say() { printf '[12:04:%02d INFO]: %s\\n' $((9 + n++ / 2)) "$1"; }
n=0
say 'Starting minecraft server version 1.21.4'
say 'Loading properties'
say 'Preparing level "world"'
say 'Done (1.318s)! For help, type "help"'
say 'ada joined the game'
sleep 0.3
echo "[12:04:11 WARN]: Can't keep up! Is the server overloaded? Running 2041ms behind" >&2
sleep 0.3
say '<ada> is anybody there?'
say 'grace joined the game'
say '<grace> on my way'
while read -r line; do
  case $line in
    list) say 'There are 2 of 20 players online: ada, grace' ;;
    say*) say "[Server]\${line#say}" ;;
  esac
done
`,
  postgres: `#!/bin/sh
{
  echo 'LOG:  starting PostgreSQL 16.4'
  echo 'LOG:  listening on IPv4 address "127.0.0.1", port 5432'
  echo 'LOG:  database system was shut down at 12:01:58 UTC'
  echo 'LOG:  database system is ready to accept connections'
} >&2
exec sleep 1000
`,
  web: "#!/bin/sh\necho 'GET /status 200'\nexec sleep 1000\n",
  queue: '#!/bin/sh\nwhile :; do :; done\n',
  backup: '#!/bin/sh\necho "backup: no space left on device" >&2\nexit 3\n',
  nightly: '#!/bin/sh\necho done\n',
}

const SERVERS = [
  '--name survival -l role=game -l zone=eu ./minecraft',
  '--name creative -l role=game -l zone=us ./minecraft',
  '--name lobby -l role=game -l zone=eu ./minecraft',
  '--name database -l role=db ./postgres',
  '--name web -l role=web ./web',
  '--name queue -l role=worker ./queue',
  '--name shell -t --size 80x24 bash --norc',
] as const

function prepare(stage: Stage): void {
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(stage.directory, name), text, { mode: 0o755 })
  for (const server of SERVERS) stage.run(`ndctl start -qd ${server}`)
  stage.run('ndctl start -q --name backup -l role=job ./backup 2>&1; true')
  stage.run('ndctl start -q --name nightly -l role=job ./nightly')
  stage.run('ndctl start -qd --name proxy -l role=web ./web; ndctl kill -q proxy KILL; ndctl wait proxy; true')
  stage.run('ndctl send survival list; ndctl send survival say restart in 5 minutes')
}

/** What depends on the machine and on the moment. */
const varying: readonly StableRule[] = [
  [/\d+\.\d(?=% cpu)|(?<= queue +(?:running +)?)\d+\.\d/, '62.5'],
  [/\b\d+(?= M mem)/, '22'],
  [/\d\.\d(?= M)/, '3.1'],
  [/(?<= )\d(?=s\b)/, '7'],
]

const scene = (columns: number, rows: number, play: Scene['play']): Scene => ({
  file: `docs/screens/ui-${columns}x${rows}.svg`,
  title: 'ndctl ui',
  description: `The terminal UI at ${columns} columns and ${rows} rows`,
  columns,
  rows,
  command: ['ndctl', 'ui', 'survival'],
  varying,
  prepare,
  play,
})

const measured: Scene['play'] = async (session) => {
  await session.shows('restart in 5 minutes')
  // When it has asked twice, it knows what takes processor time.
  await session.shows(/ queue +(?:running +)?[1-9]\d+\.\d/)
  await session.settled()
}

export const uiScenes: readonly Scene[] = [
  scene(80, 24, measured),
  scene(120, 40, async (session, stage) => {
    await measured(session, stage)
    session.type('say back in a moment')
    session.press('Enter')
    await session.shows('back in a moment')
    session.type('list')
    await session.settled()
  }),
  scene(200, 60, measured),
]
