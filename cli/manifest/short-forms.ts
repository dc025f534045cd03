// Short forms: what may be written in a file instead of the full map, by the field that it is for. Values on both sides are those of a
// file. What cannot be read is left as it is, and told of by whoever reads the full form.

type Rule = (value: unknown) => unknown

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A line is typed with its end. `sendExactly` is typed as it is. */
const typed: Rule = (value) => {
  if (!isMap(value)) return undefined
  const { send, sendExactly, ...rest } = value
  if (sendExactly !== undefined && send === undefined) return { send: sendExactly, ...rest }
  if (typeof send === 'string' && !send.endsWith('\n')) return { send: `${send}\n`, ...rest }
  return undefined
}

/** `/…/` is a pattern, as in other languages. */
const pattern: Rule = (value) => (typeof value === 'string' && /^\/.+\/$/s.test(value) ? value.slice(1, -1) : undefined)

/** `stop.steps` is the field `steps` in the map `stop`; `*` is any key of a map, or any entry of a list. */
const rules: Readonly<Record<string, Rule>> = {
  restart: (value) => (typeof value === 'string' ? { policy: value } : undefined),
  stop: (value) => (Array.isArray(value) ? { steps: value } : undefined),
  'stop.steps.*': typed,
  reload: typed,
  'start.ready': (value) => (typeof value === 'string' ? { [value]: null } : undefined),
  dependsOn: (value) =>
    Array.isArray(value) && value.every((each) => typeof each === 'string')
      ? Object.fromEntries(value.map((each) => [each, null]))
      : undefined,
  'dependsOn.*': (value) => (typeof value === 'string' ? { condition: value } : value === null ? {} : undefined),
}

/** The full form of a value; undefined: it is one. @param path the fields that lead to it */
export function longForm(path: readonly string[], value: unknown): unknown {
  const rule = rules[path.join('.')] ?? (path.at(-1) === 'match' ? pattern : undefined)
  return rule?.(value)
}

/** The fields that a value stands for in place of an option of a choice: `tcp: localhost:80`; undefined: its main field. */
export function mainForm(kind: string, value: unknown): Record<string, unknown> | undefined {
  if (kind !== 'tcp' || typeof value !== 'string') return undefined
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(value) ?? []
  if (port === undefined) return undefined
  return { ...(host === undefined ? {} : { host: host.replace(/^\[(.*)\]$/, '$1') }), port: Number(port) }
}
