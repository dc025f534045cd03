// Completions as people get them: bash and zsh in a terminal, with Tab pressed, and fish asked by its own `complete -C`.

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { execa } from 'execa'
import { TerminalSession } from '../../scripts/pictures/terminal-session.ts'
import { needs } from '../support/programs.ts'
import { CliRig } from '../support/terminal/cli-rig.ts'

/** What is typed, all of what Tab must then show, and what it must not. */
interface Case {
  readonly typed: string
  readonly shows: readonly string[]
  readonly not?: readonly string[]
  /** What the line is after that, in a terminal. */
  readonly becomes?: string
}

const verbsAndOptions: readonly Case[] = [
  {
    typed: 'ndctl ',
    shows: ['start', 'attach', 'list', 'kill', 'daemon', 'completion', 'help'],
    not: ['__candidates'],
  },
  { typed: 'ndctl daemon st', shows: ['start', 'stop', 'status'], not: ['attach'] },
  { typed: 'ndctl start --no-', shows: ['--no-stdin', '--no-autostart'], not: ['--name'] },
  { typed: 'ndctl list --state e', shows: ['ended', 'exited'], not: ['running'] },
  { typed: 'ndctl ls --state=e', shows: ['ended', 'exited'], not: ['running'] },
  { typed: 'ndctl completion ', shows: ['bash', 'zsh', 'fish'] },
  { typed: 'ndctl help l', shows: ['list', 'ls'], not: ['kill'] },
]

const processes: readonly Case[] = [
  { typed: 'ndctl attach ', shows: ['game:one', 'game:two', 'done'] },
  { typed: 'ndctl kill ', shows: ['game:one', 'game:two'], not: ['done'] },
  { typed: 'ndctl kill --json --main game:', shows: ['game:one', 'game:two'], not: ['done'] },
  { typed: 'ndctl rm -f game:one ', shows: ['game:two', 'done'] },
  { typed: 'ndctl kill -s T', shows: ['TERM', 'TSTP', 'TRAP'], not: ['HUP', 'game:two'] },
  { typed: 'ndctl kill -s SIGT', shows: ['SIGTERM', 'SIGTSTP'], not: ['SIGHUP'] },
  { typed: 'ndctl kill game:one g', shows: ['game:two'], not: ['done'] },
  { typed: 'ndctl list -l ro', shows: ['role=lobby', 'role=match'], not: ['zone=eu'] },
  { typed: 'ndctl list -l no', shows: [], becomes: 'ndctl list -l note=two\\ words' },
  { typed: 'ndctl list -l note=two\\ w', shows: [], becomes: 'ndctl list -l note=two\\ words' },
  { typed: 'ndctl list --label=role=', shows: ['lobby', 'match'], not: ['zone=eu'] },
]

const files: readonly Case[] = [
  { typed: 'ndctl start ./serv', shows: ['server-one', 'server-two'] },
  { typed: 'ndctl start -d --name x ./server-one --con', shows: ['--config-one', '--config-two'], not: ['--cwd'] },
  { typed: 'ndctl start mknod mkf', shows: ['mkf-one', 'mkf-two'], not: ['mkfifo'] },
  { typed: 'ndctl start mkf', shows: ['mkfifo'] },
  { typed: 'ndctl start -d -C d', shows: ['dir-one', 'dir-two'], not: ['deep-file'] },
]

/** The daemon is the one that the line names, and not that of the environment. */
const elsewhere = ({ socket }: CliRig): readonly Case[] => [
  { typed: `ndctl -S ${socket} kill `, shows: ['game:one', 'game:two'] },
  { typed: `ndctl attach --socket=${socket} `, shows: ['game:one', 'game:two', 'done'] },
]
const NOWHERE = '/tmp/no-such-directory/s'

async function prepare(t: TestContext): Promise<{ rig: CliRig; directory: string }> {
  const rig = new CliRig(t)
  await rig.start('game:one', ['sleep', '1000'], { labels: { role: 'lobby', zone: 'eu' } })
  await rig.start('game:two', ['sleep', '1000'], { labels: { role: 'match', note: 'two words' } })
  await rig.start('done', ['true'])
  await rig.ended('done')
  const directory = join(rig.directory, 'work')
  mkdirSync(directory)
  for (const name of ['server-one', 'server-two']) writeFileSync(join(directory, name), '', { mode: 0o755 })
  // Files whose names are like options: what the other program's words are completed with.
  for (const name of ['--config-one', '--config-two', 'mkf-one', 'mkf-two', 'deep-file'])
    writeFileSync(join(directory, name), '')
  for (const name of ['dir-one', 'dir-two']) mkdirSync(join(directory, name))
  return { rig, directory }
}

/** Presses Tab after each line, in a shell that shows at once what there is. */
async function pressTab(shell: TerminalSession, cases: readonly Case[]): Promise<void> {
  for (const { typed, shows, not = [], becomes } of cases) {
    // The list, below and above the line itself.
    const listed = (text: string) => text.split('\n').filter((line) => !line.startsWith('$ '))
    // By the last part of each word, to which some shells cut what they list.
    const lastPart = (word: string) => word.split(/[=:]/).at(-1) ?? ''
    const has = (text: string, wanted: string) =>
      listed(text).some((line) =>
        line
          .split(/[\s/*]+/)
          .map(lastPart)
          .includes(lastPart(wanted)),
      )
    shell.type(typed)
    shell.press('Tab')
    await shell.shows((text) => shows.every((wanted) => has(text, wanted)))
    if (becomes !== undefined) await shell.shows((text) => text.trimEnd().split('\n').includes(`$ ${becomes}`))
    assert.doesNotMatch(shell.text(), /bad option|not found|error|invalid/, `after "${typed}"`)
    for (const unwanted of not) assert.ok(!has(shell.text(), unwanted), `after "${typed}": ${shell.text()}`)
    shell.press('C-u', 'C-l')
    await shell.shows((text) => text.trim() === '$')
  }
}

it('bash completes verbs, options, processes, signals, labels and files', needs('tmux'), async (t) => {
  const { rig, directory } = await prepare(t)
  const rc = join(rig.directory, 'bashrc')
  writeFileSync(
    rc,
    `PS1='$ '
bind 'set show-all-if-ambiguous on'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind 'set enable-bracketed-paste off'
source <(ndctl completion bash)
clear
`,
  )
  await using shell = new TerminalSession({
    columns: 200,
    rows: 50,
    command: ['bash', '--noprofile', '--rcfile', rc],
    cwd: directory,
    env: rig.env,
  })
  await shell.shows((text) => text.trim() === '$')
  await pressTab(shell, [...verbsAndOptions, ...processes, ...files])
  shell.type(`export NETDAEMON_SOCKET=${NOWHERE}; clear`)
  shell.press('Enter')
  await shell.shows((text) => text.trim() === '$')
  await pressTab(shell, elsewhere(rig))
})

it('zsh completes verbs, options, processes, signals, labels and files', needs('tmux', 'zsh'), async (t) => {
  const { rig, directory } = await prepare(t)
  writeFileSync(
    join(rig.directory, '.zshrc'),
    `PROMPT='$ '
LISTMAX=1000
setopt no_beep no_list_ambiguous
bindkey -e
autoload -Uz compinit && compinit -D -u
source <(ndctl completion zsh)
clear
`,
  )
  await using shell = new TerminalSession({
    columns: 200,
    rows: 50,
    command: ['zsh', '-d'],
    cwd: directory,
    env: { ...rig.env, ZDOTDIR: rig.directory },
  })
  await shell.shows((text) => text.trim() === '$')
  await pressTab(shell, [...verbsAndOptions, ...processes, ...files])
  shell.type(`export NETDAEMON_SOCKET=${NOWHERE}; clear`)
  shell.press('Enter')
  await shell.shows((text) => text.trim() === '$')
  await pressTab(shell, elsewhere(rig))
})

it('fish completes verbs, options, processes, signals, labels and files', needs('fish'), async (t) => {
  const { rig, directory } = await prepare(t)
  const env = { ...rig.env, HOME: rig.directory, XDG_CONFIG_HOME: rig.directory, XDG_DATA_HOME: rig.directory }
  const ask = async ({ typed, shows, not = [] }: Case, socket: string) => {
    const line = typed.replaceAll("'", "\\'")
    const script = `ndctl completion fish | source; complete -C '${line}'`
    const { stdout, stderr } = await execa('fish', ['--no-config', '-c', script], {
      cwd: directory,
      env: { ...env, NETDAEMON_SOCKET: socket },
    })
    assert.equal(stderr, '')
    // A word, a tab and what it is; the word has what the option or the path begins with.
    const words = stdout.split('\n').map((each) =>
      each
        .split('\t')[0]
        ?.replace(/^(\.\/|--(state|label)=(role=)?)/, '')
        .replace(/\/$/, ''),
    )
    for (const wanted of shows) assert.ok(words.includes(wanted), `${wanted} after "${typed}": ${stdout}`)
    for (const unwanted of not) assert.ok(!words.includes(unwanted), `${unwanted} after "${typed}": ${stdout}`)
  }
  for (const each of [...verbsAndOptions, ...processes, ...files]) await ask(each, rig.socket)
  for (const each of elsewhere(rig)) await ask(each, NOWHERE)
})

it('nothing is proposed, said or started when no daemon runs', async (t) => {
  const rig = new CliRig(t)
  const run = await rig.run('__candidates', 'process')
  assert.deepEqual([run.stdout, run.stderr, run.exitCode], ['', '', 0])
  assert.equal((await rig.run('daemon', 'status', '-q')).exitCode, 3)
})
