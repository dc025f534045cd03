// The signals that the UI offers, with what they usually do.

export const signals = [
  { name: 'TERM', does: 'ask it to end' },
  { name: 'INT', does: 'interrupt it, as Ctrl-C does' },
  { name: 'HUP', does: 'hang up; many programs read their configuration again' },
  { name: 'KILL', does: 'end it at once, without clean-up' },
  { name: 'QUIT', does: 'end it, and write a core file' },
  { name: 'USR1', does: 'what the program makes of it' },
  { name: 'USR2', does: 'what the program makes of it' },
  { name: 'STOP', does: 'pause it' },
  { name: 'CONT', does: 'continue it' },
] as const
