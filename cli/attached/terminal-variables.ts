// What a process on a terminal is told of it and of its reader by variables: those of whoever starts it, since the daemon's
// are about another terminal, if any. Pure.

/** What our terminals are like, and the daemon's own idea of a screen: if nobody says what they have. */
const TERM_DEFAULT = 'xterm-256color'

/** The variables about terminal and language in an environment. */
export function terminalVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const about = (name: string) => ['TERM', 'COLORTERM', 'LANG', 'LANGUAGE'].includes(name) || name.startsWith('LC_')
  const found = Object.entries(environment).filter((entry): entry is [string, string] => about(entry[0]))
  const variables = Object.fromEntries(found)
  return { ...variables, TERM: variables.TERM || TERM_DEFAULT }
}
