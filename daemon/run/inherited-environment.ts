// What processes inherit of the daemon's environment: not what is about its starter's terminal and directory, nor what npm adds for
// the program that it runs. A daemon lives on after its starter, so the first `npx ndctl start` would mark every process.

import { inexactVariables } from '../../proto/exact-text.ts'

/** Variables about the terminal and the directory of whoever started the daemon. */
const OF_THE_STARTER = ['COLUMNS', 'LINES', 'PWD', 'OLDPWD', '_']
/** What a service manager says to the program that it has started: the daemon, and nobody else. */
const OF_ITS_MANAGER = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']
/** What npm, npx and their like set beside `npm_…`. EDITOR, which npm sets too, may be the user's own. */
const OF_NPM = ['INIT_CWD', 'COLOR']
/** What they put in the PATH. */
const NPM_DIRECTORY = /^\/(.*\/)?(node_modules\/\.bin|node-gyp-bin)$/

/**
 * The variables that processes inherit.
 *
 * @param env the daemon's own
 * @param warn is told of those that Node has read as something else than they are
 */
export function inheritedEnvironment(env: NodeJS.ProcessEnv, warn: (message: string) => void): Record<string, string> {
  const inherited: Record<string, string> = {}
  const inexact = inexactVariables(env)
  if (inexact.length > 0) {
    warn(`processes do not inherit ${inexact.join(', ')}: not UTF-8, so it could not be passed on unchanged`)
  }
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !inexact.includes(name)) inherited[name] = value
  }
  for (const name of [...OF_THE_STARTER, ...OF_ITS_MANAGER]) delete inherited[name]
  if (env.npm_execpath !== undefined) withoutNpm(inherited)
  return inherited
}

function withoutNpm(env: Record<string, string>): void {
  if (env.NODE === env.npm_node_execpath) delete env.NODE
  for (const name of Object.keys(env)) if (name.startsWith('npm_') || OF_NPM.includes(name)) delete env[name]
  const directories = (env.PATH ?? '').split(':').filter((directory) => !NPM_DIRECTORY.test(directory))
  // An empty PATH would mean the working directory.
  if (directories.length > 0 && env.PATH !== undefined) env.PATH = directories.join(':')
  else delete env.PATH
}
