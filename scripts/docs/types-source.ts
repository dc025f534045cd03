// proto/types.ts: the shapes of the protocol as TypeScript interfaces with a name and a sentence for each field, which an editor
// shows. TypeScript could infer them from the schemas, but then an editor shows a page of inferred shape, and no sentences.

import type * as v from 'valibot'
import { attachOptions, streamInfo } from '../../proto/messages/attach-shapes.ts'
import { terminalSize } from '../../proto/messages/basic-shapes.ts'
import { watch } from '../../proto/messages/care-shapes.ts'
import { processDetail, processState, processSummary, runEnd, stateKind } from '../../proto/messages/process-shapes.ts'
import { environment, processSpec } from '../../proto/messages/spec-shapes.ts'
import {
  besideCommand,
  dependency,
  execStep,
  restart,
  sendStep,
  signalStep,
  startRules,
  stopRules,
} from '../../proto/messages/supervision-shapes.ts'
import { events, requests } from '../../proto/protocol.ts'
import { type Node, textOf } from './schema-text.ts'

/** A type to write. `input`: as a caller writes it, where what has a default may be left out. */
interface Named {
  readonly name: string
  readonly text: string
  readonly schema: Node
  readonly mode: 'input' | 'output'
  /** Fields that are left out. */
  readonly without?: readonly string[]
}

const node = (schema: v.GenericSchema) => schema as unknown as Node
const stateNames = {
  waiting: 'WaitingState',
  starting: 'StartingState',
  running: 'RunningState',
  stopping: 'StoppingState',
  backoff: 'BackoffState',
  exited: 'ExitedState',
  killed: 'KilledState',
  failed: 'FailedState',
  stopped: 'StoppedState',
}
const endNames = { exited: 'ExitedEnd', killed: 'KilledEnd', 'not started': 'NotStartedEnd' }
const eventNames = {
  started: 'StartedEvent',
  stopping: 'StoppingEvent',
  ended: 'EndedEvent',
  changed: 'ChangedEvent',
  matched: 'MatchedEvent',
  removed: 'RemovedEvent',
  gap: 'EventGap',
}
const clients = needed(innermost(needed(processDetail.entries.clients as unknown as Node)).item)
const usages = needed(innermost(requests.USAGE.result.entries.processes as unknown as Node).item)

/** The types, in the order of the file. What is named here is called by its name wherever it occurs below. */
const types: readonly Named[] = [
  named('TerminalSize', 'The size of a terminal.', terminalSize, 'input'),
  named('EnvironmentInput', 'The environment of a process to be started.', environment, 'input'),
  named('RestartInput', 'When an ended run is followed by another.', restart, 'input'),
  named('BesideCommandInput', 'A command that runs beside a process.', besideCommand, 'input'),
  named('StartRulesInput', 'How a process is started.', startRules, 'input'),
  named('DependencyInput', 'Another process that it needs.', dependency, 'input'),
  named('SendStepInput', 'A step of a stop that types something.', sendStep, 'input'),
  named('SignalStepInput', 'A step of a stop that sends a signal.', signalStep, 'input'),
  named('ExecStepInput', 'A step of a stop that runs a command beside it.', execStep, 'input'),
  named('StopRulesInput', 'How a process is stopped.', stopRules, 'input'),
  named('WatchInput', 'A pattern on the output of a process.', watch, 'input'),
  named('ProcessSpecInput', 'What a process is started from.', processSpec, 'input'),
  named('AttachOptionsInput', 'How to attach.', attachOptions, 'input'),
  {
    ...named('ListFilter', 'Which processes to list; all conditions must hold.', requests.LIST.params, 'input'),
    without: ['after'],
  },
  ...kinds(runEnd, endNames, 'The end of a run that', {
    exited: 'has exited by itself.',
    killed: 'was ended by a signal.',
    'not started': 'could not begin.',
  }),
  ...kinds(processState, stateNames, 'The state of a process that', {
    waiting: 'waits for others, or for a time.',
    starting: 'is being started, or is not ready yet.',
    running: 'runs.',
    stopping: 'was told to end, or has ended and left something.',
    backoff: 'has ended, and is started again after a pause.',
    exited: 'has exited by itself.',
    killed: 'was ended by a signal.',
    failed: 'was given up.',
    stopped: 'is not wanted, and does not run.',
  }),
  named('ProcessSummary', 'A process as it is listed.', processSummary, 'output'),
  { name: 'AttachedClient', text: 'A client that is attached to a process.', schema: clients, mode: 'output' },
  named('ProcessDetail', 'A process as it is shown.', processDetail, 'output'),
  named('StreamInfo', 'What was granted to an attachment.', streamInfo, 'output'),
  ...kinds(events.EVENT.body, eventNames, 'An event:', {
    started: 'a process was started.',
    stopping: 'a process was told to end.',
    ended: 'a process has ended, and will not run again by itself.',
    changed: 'the state or the health of a process has changed.',
    matched: 'a line of the output of a process matched a pattern of its spec.',
    removed: 'the daemon has forgotten a process.',
    gap: 'some events are missing here.',
  }),
  named('DaemonHello', 'What a daemon says of itself when a client connects.', requests.HELLO.result, 'output'),
  named('DaemonInfo', 'What a daemon says of itself when asked.', requests.INFO.result, 'output'),
  { name: 'ProcessUsage', text: 'What a process uses, with all its descendants.', schema: usages, mode: 'output' },
  { ...named('UsageReport', 'What processes use.', requests.USAGE.result, 'output'), without: ['next'] },
  named(
    'ShutdownReport',
    'What became of the processes of a daemon that was shut down.',
    requests.SHUTDOWN.result,
    'output',
  ),
]

/** The file. */
export function typesSource(): string {
  return [
    '// The shapes of the protocol as TypeScript types, each field with its description.\n' +
      '// Written from proto/messages/ by `npm run docs`. Change the table there, not this file.\n' +
      '// More than 300 lines: it is made, and nobody reads it from end to end.',
    ...types.map(declaration),
    `/** How a run ended, in a word that only a newer daemon knows. */
export interface UnknownEnd {
  kind: 'unknown'
  /** What the daemon calls it. */
  word: string
${property('run', needed(unknownOf(runEnd).entries?.run), 'output')}
${property('at', needed(unknownOf(runEnd).entries?.at), 'output')}
  /** What else the daemon says of it. */
  facts: { [key: string]: unknown }
}`,
    `/** How a run ended. */\nexport type RunEnd =${union([...Object.values(endNames), 'UnknownEnd'])}`,
    `/** A state that only a newer daemon knows. The process may run, or not: do not guess. */
export interface UnknownState {
  kind: 'unknown'
  /** What the daemon calls it. */
  word: string
  /** What else the daemon says of it. */
  facts: { [key: string]: unknown }
}`,
    `/** The state of a process. */\nexport type ProcessState =${union([...Object.values(stateNames), 'UnknownState'])}`,
    `/** A word for a state that this version knows. */\nexport type StateKind = Exclude<ProcessState['kind'], 'unknown'>`,
    `/** An event of a kind that only a newer daemon has. */
export interface UnknownEvent {
  kind: 'unknown'
  /** What the daemon calls it. */
  word: string
${property('seq', needed(unknownOf(events.EVENT.body).entries?.seq), 'output')}
${property('at', needed(unknownOf(events.EVENT.body).entries?.at), 'output')}
  /** What else the daemon says of it. */
  facts: { [key: string]: unknown }
}`,
    `/** Something that happened to a process, or a gap. */\nexport type ProcessEvent =${union([...Object.values(eventNames), 'UnknownEvent'])}`,
  ]
    .join('\n\n')
    .concat('\n')
}

function named(name: string, text: string, schema: v.GenericSchema, mode: Named['mode']): Named {
  return { name, text, schema: node(schema), mode }
}

/** One type for each kind of a variant that this version knows. */
function kinds<K extends string>(
  variant: v.GenericSchema,
  names: Readonly<Record<K, string>>,
  lead: string,
  texts: Readonly<Record<K, string>>,
): Named[] {
  return (node(variant).options as readonly Node[]).flatMap((schema): Named[] => {
    const kind = schema.entries?.kind?.literal as K | undefined
    return kind === undefined ? [] : [{ name: names[kind], text: `${lead} ${texts[kind]}`, schema, mode: 'output' }]
  })
}

function unknownOf(variant: v.GenericSchema): Node {
  return needed((node(variant).options as readonly Node[]).find(({ type }) => type === 'loose_object'))
}

function declaration({ name, text, schema, mode, without = [] }: Named): string {
  const entries = Object.entries(schema.entries ?? {}).filter(([key]) => !without.includes(key))
  const lines = entries.map(([key, entry]) => property(key, entry, mode))
  return `${comment(text, '')}\nexport interface ${name} {\n${lines.join('\n')}\n}`
}

function property(key: string, entry: Node, mode: Named['mode'], indent = '  '): string {
  const fallback = entry.default === undefined ? '' : ` Default: \`${JSON.stringify(entry.default)}\`.`
  const text = textOf(entry)
  const isOptional = entry.type === 'optional' && (mode === 'input' || entry.default === undefined)
  const choices = [...choicesOf(entry, mode, indent), ...(isOptional ? ['undefined'] : [])]
  const line = `${indent}${key}${isOptional ? '?' : ''}:${laidOut(choices, indent)}`
  return text === '' ? line : `${comment(`${sentence(text)}${fallback}`, indent)}\n${line}`
}

/** A choice with a map in it has a line for each. */
function laidOut(choices: readonly string[], indent: string): string {
  if (choices.length === 1 || !choices.some((choice) => choice.includes('\n'))) return ` ${choices.join(' | ')}`
  return choices.map((choice) => `\n${indent}  | ${choice.replaceAll('\n', '\n    ')}`).join('')
}

/** The types of which a value has one. */
function choicesOf(schema: Node, mode: Named['mode'], indent: string): string[] {
  if (nameOf(schema) !== undefined) return [typeOf(schema, mode, indent)]
  if (schema.type === 'optional') return choicesOf(needed(schema.wrapped), mode, indent)
  if (schema.type === 'nullable') return [...choicesOf(needed(schema.wrapped), mode, indent), 'null']
  if (schema.type === 'picklist') return (schema.options as readonly string[]).map(quoted)
  if (schema.type === 'union' || schema.type === 'variant') {
    return (schema.options as readonly Node[]).flatMap((option) => choicesOf(option, mode, indent))
  }
  return [typeOf(schema, mode, indent)]
}

function typeOf(schema: Node, mode: Named['mode'], indent: string): string {
  const name = nameOf(schema)
  if (name !== undefined) return name
  switch (schema.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'unknown':
      return schema.type
    case 'literal':
      return quoted(schema.literal)
    case 'picklist':
      return (schema.options as readonly string[]).map(quoted).join(' | ')
    case 'array': {
      const choices = choicesOf(needed(schema.item), mode, indent)
      const item = choices.length > 1 ? `(${choices.join(' | ')})` : choices.join()
      return `${mode === 'input' ? 'readonly ' : ''}${item}[]`
    }
    case 'record':
      return `{ [key: string]: ${typeOf(needed(schema.value), mode, indent)} }`
    case 'object': {
      const lines = Object.entries(schema.entries ?? {}).map(([key, entry]) =>
        property(key, entry, mode, `${indent}  `),
      )
      return `{\n${lines.join('\n')}\n${indent}}`
    }
    default:
      throw new Error(`a schema of type "${schema.type}" has no type yet`)
  }
}

/** What the schema, or what it was piped from, is called. A size that the daemon reports is one that a client may state. */
function nameOf(schema: Node): string | undefined {
  const isSame = (named: Named) => named.schema === schema || (schema.pipe ?? []).includes(named.schema)
  const isSize = Object.keys(schema.entries ?? {}).join() === 'columns,rows'
  if (isSize) return 'TerminalSize'
  if (schema === node(processState)) return 'ProcessState'
  if (isSameOrFrom(schema, node(runEnd))) return 'RunEnd'
  if (schema === node(stateKind)) return 'StateKind'
  return types.find((type) => type.without === undefined && isSame(type))?.name
}

/** A schema, or what was piped from it. */
function isSameOrFrom(schema: Node, other: Node): boolean {
  return schema === other || (schema.pipe ?? []).includes(other)
}

function comment(text: string, indent: string): string {
  const one = `${indent}/** ${text} */`
  if (one.length <= 120) return one
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (`${indent} * ${line} ${word}`.length > 120) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [`${indent}/**`, ...[...lines, line].map((each) => `${indent} * ${each}`), `${indent} */`].join('\n')
}

/** One of these, in a line if they fit. */
function union(names: readonly string[]): string {
  const line = ` ${names.join(' | ')}`
  return line.length <= 90 ? line : names.map((name) => `\n  | ${name}`).join('')
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
const quoted = (value: unknown) => `'${String(value)}'`

function innermost(schema: Node): Node {
  return schema.wrapped === undefined ? schema : innermost(schema.wrapped)
}

function needed(schema: Node | undefined): Node {
  if (schema === undefined) throw new Error('a schema without its part')
  return schema
}
