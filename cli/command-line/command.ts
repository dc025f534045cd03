// What a command of ndctl is: a declaration (words, options, help) and a `run`. The declarations are data, from which the
// parser, the help, the completions and the man page are made. One module in commands/ is one verb; whatever is heavy
// it imports inside `run`.

import type { Outcome } from '../exit-status.ts'

/**
 * What a shell can propose for an operand or the value of an option: these words, or a kind of thing. The processes are
 * those that the daemon has at that moment: all, the running ones, those with a name; `label` are their labels, as K=V.
 */
export type Completes = readonly string[] | 'process' | 'running' | 'name' | 'label' | Elsewhere
/** What a shell knows by itself. */
export type Elsewhere = 'signal' | 'file' | 'directory' | 'variable' | 'command' | 'verb'

/** Options by their long name. */
export type OptionTable = Readonly<Record<string, OptionDeclaration>>
export interface OptionDeclaration {
  readonly type: 'string' | 'boolean'
  /** One letter. */
  readonly alias?: string
  readonly describe: string
  /** May be given several times, and collects. */
  readonly array?: true
  /** What the value is called in the help. */
  readonly value?: string
  /** The only values there are; of one that collects, also several with commas between. */
  readonly choices?: readonly string[]
  /** An empty value means something. */
  readonly mayBeEmpty?: true
  /** What a shell proposes for the value, where that is not a choice. */
  readonly completes?: Completes
}

/** Options that every command takes. */
export const globalOptions = {
  socket: {
    type: 'string',
    alias: 'S',
    value: 'PATH',
    completes: 'file',
    describe: "the daemon's socket (default: $NETDAEMON_SOCKET, else one for each user)",
  },
  'daemon-uid': {
    type: 'string',
    value: 'UID',
    describe: "the daemon's user id, if it is neither yours nor root's",
  },
  json: { type: 'boolean', describe: 'print JSON, with the field names of the protocol' },
  quiet: { type: 'boolean', alias: 'q', describe: 'print errors only; of lists, print only ids' },
  help: { type: 'boolean', alias: 'h', describe: 'show this help' },
  version: { type: 'boolean', describe: 'show the version' },
} as const satisfies OptionTable

/** What a parsed table gives; undefined: not given. */
export type Values<O extends OptionTable> = { readonly [K in keyof O]: ValueOf<O[K]> | undefined }
type ValueOf<D extends OptionDeclaration> = D['type'] extends 'boolean'
  ? boolean
  : D extends { readonly array: true }
    ? readonly string[]
    : string
export type GlobalValues = Values<typeof globalOptions>

/** What a command runs with. */
export interface Arguments<O extends OptionTable = OptionTable> {
  readonly options: Values<O> & GlobalValues
  /** The words that are not options. */
  readonly operands: readonly string[]
}

export interface CommandDeclaration<O extends OptionTable = OptionTable> {
  /** As `kill`, or `daemon stop`. */
  readonly name: string
  /** What follows the name, for people: `ID [SIGNAL]`. */
  readonly synopsis: string
  readonly summary: string
  /** More to know: paragraphs, for the help. */
  readonly notes?: readonly string[]
  readonly options: O
  /** How many operands there must and may be. */
  readonly operands: { readonly min: number; readonly max: number }
  /** What a shell proposes for each operand; the last one also for all that follow. */
  readonly completes?: readonly Completes[]
  /** The first operand ends the options: the rest belongs to another command. */
  readonly operandEndsOptions?: true
  /** Command lines and what they do. */
  readonly examples: readonly (readonly [line: string, effect: string])[]
  /** Rewrites words that this command spells in its own way, as `-9`. */
  readonly respell?: (words: readonly string[]) => string[]
}

export interface Command<O extends OptionTable = OptionTable> extends CommandDeclaration<O> {
  run(given: Arguments<O>): Promise<Outcome>
}

/** Declares a command; its options' types come from its table. */
export const command = <const O extends OptionTable>(declared: Command<O>): Command<O> => declared
