// A hosting service as the pictures of the UI show it: game servers and what belongs to them, in many states. Each really runs, holds
// the memory and takes the processor time that it is given here, and has a console with something in it.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stage } from '../scene.ts'
import type { StableRule } from '../stable.ts'

/** A process: its program, what it holds, and what it takes of one processor in percent. */
interface Server {
  readonly name: string
  readonly flags: string
  readonly program: string
  readonly mb: number
  readonly percent: number
}

const SERVERS: readonly Server[] = [
  { name: 'survival', flags: '-l role=game -l zone=eu', program: 'minecraft', mb: 212, percent: 14.2 },
  { name: 'creative', flags: '-l role=game -l zone=us', program: 'minecraft', mb: 146, percent: 6.8 },
  { name: 'skyblock', flags: '-l role=game -l zone=eu', program: 'minecraft', mb: 98, percent: 9.1 },
  { name: 'lobby', flags: '-l role=game -l zone=eu', program: 'minecraft', mb: 61, percent: 2.4 },
  { name: 'factorio', flags: '-l role=game -l zone=us', program: 'factorio', mb: 87, percent: 11.5 },
  { name: 'valheim', flags: '-l role=game -l zone=eu', program: 'valheim', mb: 120, percent: 7.4 },
  { name: 'proxy', flags: '-l role=web -l zone=eu', program: 'proxy', mb: 18, percent: 1.1 },
  { name: 'cache', flags: '-l role=db', program: 'cache', mb: 31, percent: 0.7 },
  { name: 'database', flags: '-l role=db', program: 'postgres', mb: 74, percent: 3.3 },
  { name: 'panel', flags: '-l role=web', program: 'panel', mb: 43, percent: 1.2 },
  { name: 'map-render', flags: '-l role=worker', program: 'render', mb: 29, percent: 41.7 },
  { name: 'bot', flags: '-l role=web', program: 'bot', mb: 22, percent: 0.4 },
]

/** Holds so many MB, and takes so many percent of a processor. */
const LOAD = `#!/usr/bin/perl
use Time::HiRes qw(time sleep);
my ($mb, $percent) = ($ENV{MB}, $ENV{PERCENT});
my $held = "";
vec($held, $mb << 20, 8) = 1;
while (1) {
  my $begun = time;
  1 while time - $begun < $percent / 1000;
  sleep(0.1 - $percent / 1000);
}
`

/** Tells of an evening on a game server, two lines a second by its own clock, and answers what is typed. */
const MINECRAFT = `#!/bin/bash
./load &
n=0
say() {
  local at=$((12 * 3600 + 3 * 60 + 31 + n++ / 2))
  printf '%b[%02d:%02d:%02d %s]: %s\\e[0m\\n' "\${3:+\\e[$3m}" $((at / 3600)) $((at / 60 % 60)) $((at % 60)) "$2" "$1"
}
info() { say "$1" INFO "\${2:-}"; }
info 'Starting minecraft server version 1.21.4'
info 'Loading properties'
info 'Default game type: SURVIVAL'
info 'Starting Minecraft server on *:25565'
info 'Preparing level "world"'
info 'Preparing spawn area: 41%'
info 'Preparing spawn area: 100%'
info 'Time elapsed: 914 ms'
info 'Done (2.318s)! For help, type "help"'
info 'UUID of player ada is 7d3f6a52-9c1e-4f0b'
info 'ada joined the game' 93
info '<ada> is anybody there?'
info 'grace joined the game' 93
info '<grace> on my way'
info 'linus joined the game' 93
say "Can't keep up! Running 2041ms or 40 ticks behind" WARN 33
info '<linus> who built the bridge over the lava?'
info '<ada> me. mind the last block'
info 'linus tried to swim in lava' 90
info '<linus> found it'
info 'grace has made the advancement [Diamonds!]' 32
info '<grace> DIAMONDS'
info '<ada> where??'
info '<grace> below the lake, x 118 z -42'
info 'margaret joined the game' 93
say 'margaret moved too quickly! 12.4, 0.0, -9.8' WARN 33
info '<margaret> sorry, lag'
info 'Saving the game (this may take a moment!)'
info 'Saved the game'
say 'Could not pass event PlayerMoveEvent to Elytra v2.1' ERROR 31
info '<linus> the dragon tonight, yes or no'
info '<grace> yes'
info '<ada> yes, at eight'
info 'linus has completed the challenge [Return to Sender]' 35
info '<margaret> bring beds :)'
info 'ada issued server command: /spawnpoint' 90
while read -r line; do
  case $line in
    list) info 'There are 4 of a max of 20 players online' ;;
    say*) info "[Server]\${line#say}" 96 ;;
  esac
done
`

/** A program that writes some lines to stderr, and then only runs. */
const service = (lines: readonly string[]): string =>
  `#!/bin/bash\ncat >&2 <<'END'\n${lines.join('\n')}\nEND\nexec ./load\n`

const PROGRAMS: Readonly<Record<string, string>> = {
  load: LOAD,
  minecraft: MINECRAFT,
  factorio: service(['   0.000 Factorio 2.0.28', '   1.204 Loading map save.zip', '   3.871 Hosting game at :34197']),
  valheim: service(['Zonesystem Start 9', 'Game server connected', 'Got connection SteamID 7656119']),
  proxy: service(['[info] Listening on /0.0.0.0:25577']),
  cache: service(['* Ready to accept connections tcp']),
  postgres: service(['LOG:  starting PostgreSQL 16.4', 'LOG:  database system is ready to accept connections']),
  panel: service(['GET /servers 200 11ms', 'GET /servers/survival/console 101', 'POST /servers/lobby/restart 202']),
  render: service(['rendering 4,096 tiles of "world"', '1,207 of 4,096']),
  bot: service(['logged in as netdaemon#4815']),
  backup: '#!/bin/sh\necho "backup: no space left on device" >&2\nexit 3\n',
  nightly: '#!/bin/sh\necho "312 worlds are fine"\n',
}

/** Starts all of them, and says something on the first. */
export function startHosting(stage: Stage): void {
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(stage.directory, name), text, { mode: 0o755 })
  const start = (name: string) => {
    const server = SERVERS.find((each) => each.name === name)
    if (server === undefined) throw new Error(`no server "${name}"`)
    const load = `-e MB=${server.mb} -e PERCENT=${server.percent}`
    stage.run(
      `ndctl start -qd --restart always --name ${name} ${server.flags} ${load} ./${server.program} --config ${name}.toml`,
    )
  }
  for (const name of ['survival', 'creative', 'skyblock', 'lobby']) start(name)
  stage.run(
    'ndctl start -qd --restart on-failure:delay=20m,max=20m,jitter=0 --name bedwars -l role=game -l zone=us -e MB=9 -e PERCENT=1 ./minecraft --config bedwars.toml; ndctl kill -q -KILL bedwars',
  )
  for (const name of ['factorio', 'valheim', 'proxy', 'cache', 'database', 'panel']) start(name)
  stage.run('ndctl start -q --name backup -l role=job ./backup 2>&1; true')
  start('map-render')
  stage.run('ndctl start -q --name nightly -l role=job ./nightly')
  start('bot')
  stage.run('ndctl start -qd --name shell -t --size 80x24 bash --norc')
  stage.run('ndctl send survival list; ndctl send survival say restart in 5 minutes')
}

/** The figures of the servers above where what was measured depends on the machine and on the moment. */
export const hostingFigures: readonly StableRule[] = [
  ...SERVERS.flatMap(({ name, mb, percent }): StableRule[] => [
    [new RegExp(`(?<= ${name}\\b.*?) *\\d+\\.\\d(?= .*?M )`), toTheRight(percent.toFixed(1))],
    [new RegExp(`(?<= ${name}\\b.*?\\d\\.\\d ) *[\\d.]+(?= M\\b)`), toTheRight(String(mb))],
  ]),
  [/(?<= shell\b.*?\d\.\d ) *[\d.]+(?= M\b)/, toTheRight('4.1')],
  [/(?<=\bcpu +)\d+\.\d % ?/, (found) => '14.2 %'.padEnd(found.length)],
  [/(?<=\bmemory +)[\d.]+(?= MiB)/, '212'],
  [/\d+\.\d(?=% cpu)/, toTheRight('99.8')],
  [/[\d.]+ [MG](?= mem)/, '1.0 G'],
  [/(?:\d+m )?\d+s ago/, (found) => '9s ago'.padEnd(found.length)],
  [/(?<= )(?:\d+m )?\d+s(?= |$)/, toTheRight('9s')],
]

/** In as many columns as what was there, at their end. */
function toTheRight(text: string): (found: string) => string {
  return (found) => text.padStart(found.length).slice(-found.length)
}
