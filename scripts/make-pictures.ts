// Makes the pictures of the documents anew, or those whose file's name holds a word given: really plays each scene, with the
// ndctl and the daemon of this build.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { drawScreen } from './pictures/draw.ts'
import type { Scene, Stage } from './pictures/scene.ts'
import { scenes } from './pictures/scenes/index.ts'
import { type StableRule, stable } from './pictures/stable.ts'
import { TerminalSession } from './pictures/terminal-session.ts'
import { repository } from './repository.ts'

/** What varies in any picture: process ids, paths, times of the day. */
const everywhere: readonly StableRule[] = [
  [/(?<=\b(?:pid|running|stopping|PID) +)\d{2,7}\b(?!\.)/, '4815162'],
  [/\/tmp\/ndpic-\w{6}\/s(?!\w)/, '/run/nd/daemon.sock'],
  [/\/tmp\/ndpic-\w{6}\/home/, '/home/ada/game-servers'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, '2026-11-21 12:04:09'],
  [/(?<=^ )\d\d:\d\d:\d\d(?= )/, '12:04:09'],
]

const wanted = process.argv.slice(2)
for (const scene of scenes) {
  if (wanted.length > 0 && !wanted.some((word) => scene.file.includes(word))) continue
  const file = join(repository, scene.file)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, await make(scene))
  console.log(scene.file)
}

async function make(scene: Scene): Promise<string> {
  const directory = mkdtempSync('/tmp/ndpic-')
  const [bin, home] = [join(directory, 'bin'), join(directory, 'home')]
  mkdirSync(bin)
  mkdirSync(home)
  symlinkSync(join(repository, 'dist/bin/ndctl.cjs'), join(bin, 'ndctl'))
  symlinkSync(join(repository, 'dist/bin/netdaemon.mjs'), join(bin, 'netdaemon'))
  const socket = join(directory, 's')
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: home, NETDAEMON_SOCKET: socket, LANG: 'C.UTF-8' }
  const stage: Stage = {
    directory: home,
    socket,
    run: (line) => execFileSync('sh', ['-c', line], { cwd: home, env: { ...process.env, ...env }, encoding: 'utf8' }),
  }
  stage.run('ndctl daemon start --quiet')
  try {
    scene.prepare?.(stage)
    const rc = join(directory, 'bashrc')
    // bash takes no prompt from the environment.
    writeFileSync(rc, "PS1='$ '; unset HISTFILE\n")
    const command = scene.command ?? ['bash', '--noprofile', '--rcfile', rc]
    await using session = new TerminalSession({ ...scene, command, cwd: home, env })
    if (scene.command === undefined) await session.shows(/^\$ *$/m)
    await scene.play(session, stage)
    const screen = stable(await session.screen(), [...(scene.varying ?? []), ...everywhere])
    return drawScreen(screen, scene)
  } finally {
    stage.run('ndctl daemon stop --quiet')
    rmSync(directory, { recursive: true })
  }
}
