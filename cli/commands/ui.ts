// ndctl ui: all processes on the whole terminal: their list, their consoles, what they use, and what can be done to them.

import { command } from '../command-line/command.ts'
import { openUi } from '../live/open-ui.ts'

export default command({
  name: 'ui',
  synopsis: '[ID]',
  summary: 'See and control all processes on the whole terminal.',
  notes: [
    'A list of the processes, and the console of the selected one: its output, and a line to type into it. "?" shows all keys, q leaves; the processes run on. With ID, that one is selected, and typed into.',
    'It needs a terminal of 60×12 or more. Looking at a process never holds it back. NO_COLOR=1 turns colours off.',
  ],
  options: {},
  operands: { min: 0, max: 1 },
  completes: ['process'],
  examples: [
    ['ndctl ui', ''],
    ['ndctl ui web', 'with its console open'],
  ],
  run: ({ options, operands: [id] }) => openUi(options, id),
})
