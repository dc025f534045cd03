// The signals that the UI offers, with what they usually do.

export const signals = [
  { name: 'TERM', does: 'ask it to end' },
  { name: 'INT', does: 'interrupt it, as Ctrl-C does' },
  { name: 'HUP', does: 'its terminal is gone; often: read the configuration again' },
  { name: 'KILL', does: 'end it at once; it cannot clean up' },
  { name: 'QUIT', does: 'end it, with a core file' },
  { name: 'USR1', does: 'whatever it takes it for' },
  { name: 'USR2', does: 'whatever it takes it for' },
  { name: 'STOP', does: 'halt it' },
  { name: 'CONT', does: 'let it go on' },
] as const
