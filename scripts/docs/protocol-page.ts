// docs/protocol.md: prose about how the protocol works, and, from the table, everything it consists of.

import type * as v from 'valibot'
import { errorCodes } from '../../proto/errors.ts'
import * as limits from '../../proto/limits.ts'
import { errorBody, events, frames, requests, streamMessages } from '../../proto/protocol.ts'
import { prose } from './protocol-prose.ts'
import { type FieldRow, fieldRows, isVariant, type NamedShapes, variantsOf } from './schema-text.ts'
import { shapes } from './shapes.ts'
import { hexDump, wireExamples } from './wire-example.ts'

const named: NamedShapes = new Map(shapes.map(({ name, schema }) => [schema, name]))

/** The whole page. */
export function protocolPage(): string {
  const parts = [
    '# The protocol of netdaemon',
    '<!-- Written from proto/ by `npm run docs`. Change the table there, not this page. -->',
    prose,
    '## Limits',
    limitsTable(),
    '## All messages',
    overview(),
    '## Requests',
    'The client sends them, with an id of its own; the daemon answers OK (or ATTACHED), or ERROR.',
    ...Object.entries(requests).flatMap(([name, { code, doc, params, result }]) => [
      heading(name, code, doc),
      bodySection('Parameters', params),
      bodySection('Result', result),
    ]),
    '## The attached stream',
    'Positional: the body is an array. They carry no id of their own; it is 0.',
    ...Object.entries(streamMessages).flatMap(([name, { code, doc, fields }]) => [
      heading(name, code, doc),
      `\`[${hex(code)}, 0, [${fields.join(', ')}]]\``,
    ]),
    '## Events',
    'The daemon sends them by itself, with id 0.',
    ...Object.entries(events).flatMap(([name, { code, doc, body }]) => [
      heading(name, code, doc),
      bodySection('Body', body),
    ]),
    '## Answers and frames',
    ...Object.entries(frames).flatMap(([name, { code, doc }]) => [
      heading(name, code, doc),
      ...(name === 'ERROR' || name === 'ABORT' ? [bodySection('Body', errorBody)] : []),
    ]),
    '## Error codes',
    'The last column tells for which of them trying again later makes sense.',
    table(
      ['code', 'meaning', 'may pass'],
      Object.entries(errorCodes).map(([code, { meaning, mayPass }]) => [`\`${code}\``, meaning, mayPass ? 'yes' : '']),
    ),
    '## Shapes',
    'What several messages share.',
    ...shapes.flatMap(({ name, text, schema }) => [`### ${name}`, text, bodySection(undefined, schema)]),
    '## Packets, byte by byte',
    ...wireExamples().flatMap(({ title, message, packet }) => [
      `**${title}**: \`${message}\`, ${packet.length} bytes.`,
      `\`\`\`\n${hexDump(packet)}\n\`\`\``,
    ]),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')}`
}

function heading(name: string, code: number, doc: string): string {
  return `### ${name}\n\n\`${hex(code)}\` · ${doc}`
}

function bodySection(title: string | undefined, schema: v.GenericSchema): string {
  const lead = title === undefined ? '' : `${title}:`
  if (isVariant(schema)) {
    const parts = [...variantsOf(schema)].map(([kind, variant]) => {
      const when = kind === undefined ? 'With any other `kind`, from a newer daemon' : `With \`kind\` \`${kind}\``
      return `${when}:\n\n${fields(variant)}`
    })
    return [lead, ...parts].filter((part) => part !== '').join('\n\n')
  }
  const rows = fieldRows(schema, named)
  if (rows.length === 0) return `${title ?? 'It'}: an empty map.`
  return [lead, rowsTable(rows)].filter((part) => part !== '').join('\n\n')
}

function fields(schema: v.GenericSchema): string {
  return rowsTable(fieldRows(schema, named))
}

function rowsTable(rows: readonly FieldRow[]): string {
  return table(
    ['field', 'type', '', 'meaning'],
    rows.map(({ path, type, presence, text }) => [`\`${path}\``, type, presence, text]),
  )
}

function overview(): string {
  const rows: [string, number, string, string][] = [
    ...Object.entries(requests).map(([name, { code }]) => row(name, code, 'client → daemon', 'request')),
    ...Object.entries(events).map(([name, { code }]) => row(name, code, 'daemon → client', 'event')),
    ...Object.entries(streamMessages).map(([name, { code }]) =>
      row(name, code, name === 'GAP' ? 'daemon → client' : 'both', 'stream'),
    ),
    ...Object.entries(frames).map(([name, { code }]) =>
      row(
        name,
        code,
        name === 'PART' || name === 'ABORT' ? 'both' : 'daemon → client',
        name === 'PART' ? 'frame' : 'answer',
      ),
    ),
  ]
  rows.sort(([, one], [, other]) => one - other)
  return table(
    ['code', 'message', 'direction', 'kind'],
    rows.map(([name, code, direction, kind]) => [
      `\`${hex(code)}\``,
      `[${name}](#${name.toLowerCase()})`,
      direction,
      kind,
    ]),
  )
}

function row(name: string, code: number, direction: string, kind: string): [string, number, string, string] {
  return [name, code, direction, kind]
}

function limitsTable(): string {
  const bytes = (count: number) => `${count.toLocaleString('en-US')} bytes`
  return table(
    ['limit', 'value', 'of what'],
    [
      ['version', `${limits.PROTOCOL_VERSION_MIN}–${limits.PROTOCOL_VERSION}`, 'spoken by this release'],
      ['`dataMax`', bytes(limits.DATA_MAX), 'payload of one DATA'],
      ['`packetMax`', bytes(limits.PACKET_MAX), 'one packet'],
      ['`messageMax`', bytes(limits.MESSAGE_MAX), 'one message, put together from PARTs; before HELLO, one packet'],
      [
        'unfinished messages',
        `${bytes(limits.UNFINISHED_MAX)}, ${limits.UNFINISHED_MS / 1000} s`,
        'memory of the messages of all clients together whose PARTs have begun to come, and time from the first PART to the last: then the connection with the oldest, or the late one, is ABORTed with LIMIT or TIMEOUT',
      ],
      ['`inputWindow`', bytes(limits.INPUT_WINDOW), 'input sent and not ACKed, for each attachment'],
      [
        'waiting input',
        `${bytes(limits.WAITING_INPUT_MAX)}, ${limits.WAITING_PACKETS_MAX.toLocaleString('en-US')} packets`,
        'input of all clients together that a process has not read; a client that sends more is ABORTed with LIMIT, unless less than 16 KiB of it is its own; of a client that has gone, what is above it is dropped',
      ],
      [
        'elements',
        `${limits.REQUEST_ELEMENTS_MAX.toLocaleString('en-US')}, and ${limits.ELEMENTS_MAX.toLocaleString('en-US')} of an answer`,
        'in all lists and maps of one message; a pair counts two, or eight in a map of more than 64',
      ],
      ['depth', String(limits.DEPTH_MAX), 'lists and maps in each other'],
      ['`windowMax`', bytes(limits.WINDOW_MAX), 'the largest output window a client may ask for'],
      ['default window', bytes(limits.WINDOW_DEFAULT), 'output sent and not ACKed, if ATTACH names no window'],
    ],
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
