// ndctl ui: all processes on the whole terminal: their list, their consoles, what they use, and what can be done to them.

import { command } from '../command-line/command.ts'
import { openUi } from '../live/open-ui.ts'

export default command({
  name: 'ui',
  synopsis: '[ID]',
  summary: 'Watch and control all processes, full screen.',
  notes: [
    'Shows a list of all processes and the console of the selected one: its output, and a line to type into it. Press ? for all keys and q to quit; the processes run on. With ID, that process is selected, and what you type goes to it.',
    'The terminal must be at least 40×12. Viewing never slows a process. NO_COLOR=1 turns colours off.',
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
