// The variables about terminal and language that a process on a terminal gets: those of the caller, since the daemon's are about
// another terminal, if any. Pure.

/** If the caller has no TERM: what most terminals understand, and what the daemon's own screen is. */
const TERM_DEFAULT = 'xterm-256color'

/** The variables about terminal and language in an environment. */
export function terminalVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const about = (name: string) => ['TERM', 'COLORTERM', 'LANG', 'LANGUAGE'].includes(name) || name.startsWith('LC_')
  const found = Object.entries(environment).filter((entry): entry is [string, string] => about(entry[0]))
  const variables = Object.fromEntries(found)
  return { ...variables, TERM: variables.TERM || TERM_DEFAULT }
}
