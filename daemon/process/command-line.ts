// A process's command in one line, as lists show it.

import type { ProcessSpec } from '../../proto/protocol.ts'

const COMMAND_LENGTH_MAX = 200
/** What most are: it is shown as it is. */
const PLAIN = /^[\x20-\x7e]{0,200}$/

/** The command in one line, for lists: control characters made visible, so that no terminal obeys them. */
export function commandLine(spec: ProcessSpec): string {
  let line = spec.command
  for (const argument of spec.args) {
    if (line.length > COMMAND_LENGTH_MAX) break
    line += ` ${argument}`
  }
  if (PLAIN.test(line)) return line
  const visible = line.replace(/\p{Cc}/gu, spell)
  const letters = [...visible.slice(0, 2 * COMMAND_LENGTH_MAX)]
  return letters.length <= COMMAND_LENGTH_MAX
    ? letters.join('')
    : `${letters.slice(0, COMMAND_LENGTH_MAX - 1).join('')}…`
}

/** As JSON spells it, which leaves DEL and C1 as they are. */
function spell(control: string): string {
  const json = JSON.stringify(control).slice(1, -1)
  return json === control ? `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}` : json
}
