// netdaemon(8): the daemon's flags, and what an administrator has to know of it.

import { flags } from '../../daemon/config/flags.ts'
import { fromMarkdown } from './from-markdown.ts'
import { bold, italic, page, section, tagged } from './roff.ts'

interface Flag {
  readonly short?: string
  readonly value?: string
  readonly doc: string
}

export function netdaemonPage(version: string): string {
  return page(
    { name: 'netdaemon', section: 8, summary: 'run processes that outlive the programs that start them', version },
    [
      section('Synopsis'),
      `${bold('netdaemon')} [${italic('options')}]`,
      ...fromMarkdown(DESCRIPTION),
      section('Options'),
      ...Object.entries(flags as Readonly<Record<string, Flag>>).map(([name, flag]) => option(name, flag)),
      ...fromMarkdown(AFTERWORD),
    ],
  )
}

function option(name: string, { short, value, doc }: Flag): string {
  const spelled = [...(short === undefined ? [] : [bold(`-${short}`)]), bold(`--${name}`)].join(', ')
  return tagged(value === undefined ? spelled : `${spelled} ${italic(value)}`, doc)
}

const DESCRIPTION = `
## Description

\`netdaemon\` starts processes for its clients, keeps the newest part of what they write, and tells of their end. There is one
for each socket, by a lock beside it. A client is \`ndctl\`(1), or a program that speaks \`netdaemon-protocol\`(7), directly or through
the library \`netdaemon/client\`. Nobody has to start it by hand: \`ndctl start\` does, unless one runs.

Each process runs in a session of its own, with default signals, and with no file descriptor but 0, 1 and 2: pipes, or a
terminal (pty) if its client asked for one. The daemon adopts and reaps their orphaned descendants. A process outlives its
clients, and with \`--leave\`, or if the daemon is killed, the daemon too: processes with pipes then run on, and what they write waits
in the pipes until these are full. Such processes are not taken over by the next daemon yet. A process on a terminal gets SIGHUP when the daemon
is gone, as from any terminal.

The socket has mode 0600, so that only its user and root may connect: whoever can connect may start any program as that user.
A default directory of the socket (see FILES) is refused if another user owns it or can write to it. Clients talk only to a daemon of their own user or of root, or of
the user that they were told to expect (\`--daemon-uid\`).

If the socket or the lock is removed while the daemon runs, as by a cleaner of \`/tmp\`, the daemon makes it anew, and its connections live on. It is told by the kernel
(inotify); where it is not (no inotify instance left, the directory renamed), \`SIGUSR1\` makes it look. Should another daemon have come while both files
were gone, the path is that one's: the first one says so in its log, goes on with the clients that it has, and takes the path back
once the other has ended.

TIME is \`500ms\`, \`10s\`, \`5m\`, \`2h\` or \`1d\`; a bare number is seconds.
`

const AFTERWORD = `
## Signals

| signal | effect |
| --- | --- |
| \`SIGTERM\`, \`SIGINT\`, \`SIGQUIT\`, \`SIGPWR\`, \`SIGXCPU\` | SIGTERM to all processes, and SIGHUP to those on a terminal; SIGKILL to those that are left after \`--stop-timeout\`; then the end. A second one: at once. With \`--leave\` only those on a terminal are ended, and the others run on |
| \`SIGHUP\` | opens the log file again, after a rotation |
| \`SIGUSR1\` | makes the socket and the lock anew if their files are gone or the path leads elsewhere; connections live on |
| \`SIGUSR2\`, \`SIGALRM\`, \`SIGVTALRM\`, \`SIGPROF\`, \`SIGIO\`, \`SIGSTKFLT\`, \`SIGRTMIN\` to \`SIGRTMAX\` | nothing: they are ignored. Processes start with every signal at its default |

Node opens its debugger on SIGUSR1 until a program has taken the signal over. In a daemon that was started by ndctl or with \`--background\` it can't be
opened at any time. In one that was started in the foreground, a SIGUSR1 during its first 50 ms or so, while Node itself
is loading, still opens it on 127.0.0.1:9229. Where that matters, start it as \`node --inspect-port=192.0.2.1:0 -- .../netdaemon.mjs\`: no machine has that address.

## Environment

Processes inherit the environment of the daemon, unless their client says otherwise; \`NETDAEMON_ID\` and
\`NETDAEMON_SOCKET\` are added, and \`PWD\` is their own directory. They do not inherit \`COLUMNS\`, \`LINES\` and \`OLDPWD\`, nor what npm, npx and
their like add when they start the daemon: \`npm_*\`, \`INIT_CWD\`, \`COLOR\`, \`NODE\`, and the directories \`node_modules/.bin\` and \`node-gyp-bin\` in \`PATH\`.

| name | meaning |
| --- | --- |
| \`NETDAEMON_SOCKET\` | where to listen, unless \`--socket\` says it |
| \`XDG_RUNTIME_DIR\` | where a user other than root listens, in \`netdaemon/netdaemon.sock\` |

## Files

| path | meaning |
| --- | --- |
| \`/run/netdaemon/netdaemon.sock\` | where root's daemon listens |
| \`$XDG_RUNTIME_DIR/netdaemon/netdaemon.sock\` | where another user's does |
| \`/tmp/netdaemon-UID/netdaemon.sock\` | where another user's does without \`XDG_RUNTIME_DIR\`; the directory must be that user's alone |
| \`SOCKET.lock\` | locked while the daemon of that socket runs; holds its pid |
| \`SOCKET.log\` | its log, in the background and without \`--log-file\` |

## Exit status

| status | meaning |
| --- | --- |
| 0 | ended as asked |
| 1 | could not start: another daemon has the socket, no permission, … |
| 2 | wrong flags |

## Examples

In the foreground of a container:

    netdaemon --socket /run/nd/sock --log-file /var/log/netdaemon.log

For this user, in the background, and its end:

    netdaemon --background
    ndctl daemon stop

## See also

\`ndctl\`(1), \`netdaemon-protocol\`(7)
`
