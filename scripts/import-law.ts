// THE LAW OF IMPORTS: which folder may import from which. One row for each folder that holds sources; a folder without a row
// is a mistake. Packages are not its matter: biome.json says which folder may use which package.

import { dirname, join, normalize } from 'node:path'

/** One source file, its path counted from the root of the repository. */
export interface Source {
  readonly path: string
  readonly text: string
}

/** The wire, as the daemon uses it. */
const wire = ['proto', 'proto/codec', 'proto/transport', 'proto/transport/seqpacket']
/** What a client program may use. */
const client = 'client-lib/index.ts'
/** Rules that load nothing; some of them the client library exports too, but then it would have to be loaded. */
const errno = 'proto/errno.ts'
const liveState = 'proto/live-state.ts'
const nearestWord = 'proto/nearest-word.ts'
const exactText = 'proto/exact-text.ts'
const monotonic = 'proto/monotonic.ts'
/** Where the socket is, without loading the client. */
const defaultSocket = 'proto/transport/default-socket.ts'
const linux = ['daemon/linux', 'daemon/linux/spawn', 'daemon/linux/stdio', 'daemon/linux/tree']
/** Files at the root of ndctl that its rooms may use. */
const cliBase = ['cli/clock.ts', 'cli/complaint.ts', 'cli/exit-status.ts']
/** The rooms of ndctl that know no verb and no connection. */
const cliParts = ['cli/command-line', 'cli/keys', 'cli/signals', 'cli/stdio', 'cli/terminal', 'cli/text', ...cliBase]
/** How many cells of a terminal a text takes. */
const widths = 'vt/cell-widths.ts'
/** What all parts of the UI may know: what the daemon says, and what comes from the terminal. */
const uiTerms = ['cli/tui/protocol-types.ts', 'cli/terminal/input-events.ts', 'cli/terminal/size.ts']

/**
 * Folder, or single file → what it may import beside its own folder: folders (their own files only), a folder with all that
 * lies below it (two stars), or single files. A row for a file replaces that of its folder, and one with two stars is for all
 * that lies below.
 */
export const importLaw: Readonly<Record<string, readonly string[]>> = {
  vt: [],
  runtime: [],

  proto: ['proto/messages'],
  'proto/index.ts': ['proto/codec', 'proto/transport', 'proto/transport/seqpacket'],
  'proto/messages': ['proto/limits.ts'],
  'proto/codec': ['proto'],
  'proto/transport': ['proto/errno.ts', 'proto/errors.ts', 'proto/limits.ts', 'proto/waiting-bytes.ts', monotonic],
  'proto/transport/seqpacket': ['proto/errors.ts', 'proto/limits.ts', 'proto/transport'],

  'client-lib': ['client-lib/attachment', 'client-lib/link', 'proto', 'proto/transport/connection.ts'],
  'client-lib/index.ts': ['client-lib/attachment', 'client-lib/follow', 'proto', defaultSocket],
  'client-lib/connect.ts': ['client-lib/link', 'proto', 'proto/transport', 'proto/transport/seqpacket'],
  'client-lib/link': ['proto', 'proto/codec', 'proto/transport'],
  'client-lib/attachment': [
    'client-lib/options.ts',
    'client-lib/link',
    'proto',
    'proto/codec',
    'proto/transport/connection.ts',
  ],
  'client-lib/follow': [
    ...['client-lib/client.ts', 'client-lib/connect.ts'],
    ...['client-lib/attachment', 'client-lib/link', 'proto'],
  ],

  // Downwards: session, supervisor, process, run; then what these are made of, which knows nothing of each other; then the
  // kernel and the loop. Only daemon.ts sees all.
  daemon: [
    ...['daemon/config', 'daemon/observe', 'daemon/linux', 'daemon/linux/spawn', 'daemon/loop', 'daemon/run'],
    ...wire,
  ],
  'daemon/main.ts': [
    'daemon/config',
    'daemon/observe',
    'daemon/linux',
    'daemon/linux/spawn',
    'proto',
    'proto/transport',
    'runtime',
  ],
  'daemon/launcher.ts': ['runtime'],
  'daemon/refusal.ts': wire,
  'daemon/daemon.ts': ['daemon/**', ...wire],
  'daemon/session': [
    ...['daemon/supervisor', 'daemon/process', 'daemon/output', 'daemon/screen', 'daemon/observe'],
    ...['daemon/loop', 'daemon/memory'],
    ...['daemon/linux/tree/signals.ts', 'proto', 'proto/codec', 'proto/transport'],
  ],
  'daemon/supervisor': [
    ...['daemon/state', 'daemon/process', 'daemon/run', 'daemon/observe', 'daemon/loop', 'daemon/memory'],
    ...['daemon/linux', 'daemon/linux/tree', 'proto'],
  ],
  'daemon/state': ['daemon/linux', 'daemon/loop', 'proto', 'proto/codec', 'proto/messages'],
  'daemon/process': [
    ...[
      'daemon/run',
      'daemon/output',
      'daemon/screen',
      'daemon/loop',
      'daemon/memory',
      'daemon/probe',
      'daemon/linux/tree',
    ],
    ...['proto', 'proto/codec'],
  ],
  'daemon/run': ['daemon/streams', ...linux, 'daemon/loop', 'proto'],
  'daemon/probe': ['daemon/loop', 'proto'],
  'daemon/output': ['daemon/loop', 'daemon/memory', 'proto', 'proto/codec'],
  'daemon/screen': ['daemon/loop', 'daemon/memory', 'proto', 'vt'],
  'daemon/streams': ['daemon/linux', 'daemon/linux/spawn', 'daemon/linux/stdio', 'daemon/loop', 'proto'],
  'daemon/observe': ['daemon/linux', 'daemon/linux/tree', 'daemon/loop', 'daemon/memory', 'proto', 'proto/codec'],
  'daemon/config': ['daemon/observe', 'proto'],
  'daemon/linux/stdio': ['daemon/linux', 'daemon/linux/spawn', 'proto'],
  'daemon/linux/spawn': ['daemon/linux', 'proto'],
  'daemon/linux/tree': ['daemon/linux', 'proto'],
  'daemon/linux': ['proto'],
  'daemon/loop': [monotonic],
  'daemon/memory': ['proto'],

  // Downwards: commands, what several of them share, the parts that know no connection, the files at the root.
  cli: ['cli/command-line', 'cli/stdio', errno],
  'cli/ndctl.ts': ['cli/command-line', 'cli/stdio', exactText, defaultSocket, nearestWord, 'runtime'],
  'cli/launcher.ts': ['runtime'],
  'cli/verbs.ts': ['cli/command-line', 'cli/commands'],
  'cli/commands': [
    'cli/attached',
    'cli/connection',
    'cli/live',
    'cli/manifest',
    ...cliParts,
    client,
    errno,
    exactText,
    liveState,
    nearestWord,
  ],
  'cli/live': ['cli/connection', 'cli/tui/run.ts', ...cliParts, client, liveState, widths],
  'cli/attached': ['cli/connection', ...cliParts, client, errno],
  'cli/connection': [
    ...['cli/command-line', 'cli/stdio', 'cli/text', 'cli/terminal/waiting.ts', 'cli/version.ts'],
    ...[...cliBase, client, defaultSocket],
  ],
  'cli/signals': ['cli/command-line', 'cli/stdio', ...cliBase, errno, nearestWord],
  'cli/manifest': [
    ...[
      ...cliBase,
      'cli/command-line',
      'cli/stdio',
      client,
      errno,
      nearestWord,
      'proto/errors.ts',
      'proto/codec/check.ts',
    ],
    'proto/messages',
  ],
  'cli/keys': ['cli/terminal', ...cliBase, 'vt'],
  'cli/terminal': ['cli/stdio', 'cli/clock.ts', errno, 'vt'],
  'cli/command-line': ['cli/text', ...cliBase, nearestWord],
  'cli/text': ['cli/exit-status.ts', client, liveState, widths],
  'cli/stdio': [errno, 'cli/text/steering.ts', 'proto/transport/seqpacket/fd-watch.ts'],
  // Downwards: the views and what talks to the daemon, the store, consoles and keys, the screen.
  'cli/tui': [...['views', 'remote', 'store', 'console', 'screen'].map((part) => `cli/tui/${part}`), 'cli/terminal'],
  'cli/tui/protocol-types.ts': [client, liveState],
  'cli/tui/views': [
    ...['cli/tui/store', 'cli/tui/console', 'cli/tui/keyboard', 'cli/tui/screen', 'cli/text', ...uiTerms, widths],
  ],
  'cli/tui/remote': ['cli/tui/store', 'cli/tui/console', 'cli/tui/keyboard', 'cli/text', ...uiTerms],
  'cli/tui/store': ['cli/tui/console', 'cli/tui/keyboard', 'cli/tui/screen', 'cli/text', ...uiTerms, widths],
  'cli/tui/console': ['cli/tui/screen', 'vt', ...uiTerms],
  'cli/tui/keyboard': ['cli/tui/screen', widths],
  'cli/tui/screen': ['cli/terminal/size.ts', widths],

  // Around the product: tests look at everything but what measures it, and nothing looks at tests.
  'scripts/**': ['scripts/**', 'cli/**', 'daemon/**', 'proto/**', 'runtime'],
  'test/**': ['test/**', 'scripts/**', 'vt', 'proto/**', 'client-lib/**', 'cli/**', 'daemon/**', 'runtime'],
  'bench/**': ['bench/**', 'scripts/**', 'proto/**', 'client-lib/**', 'daemon/**'],
  'examples/**': [],
}

/** The trees around the product, which none of its folders may import: each has one row, with all that lies below it. */
export const outside: readonly string[] = ['test', 'bench', 'scripts', 'examples']

/** What is wrong with the imports of these files: a sentence for each. */
export function importMistakes(sources: readonly Source[], law: typeof importLaw = importLaw): string[] {
  return Array.from(new Set(sources.flatMap((source) => mistakesOf(source, law))))
}

function mistakesOf({ path, text }: Source, law: typeof importLaw): string[] {
  const folder = dirname(path)
  const [top = ''] = path.split('/')
  const allowed = law[path] ?? law[folder] ?? (outside.includes(top) ? law[`${top}/**`] : undefined)
  if (allowed === undefined) return [`${folder} has no row in the law of imports (scripts/import-law.ts)`]
  return relativeImports(text)
    .map((specifier) => normalize(join(folder, specifier)))
    .filter((target) => dirname(target) !== folder && !allowed.some((entry) => fits(target, entry)))
    .map((target) => `${path} may not import ${target}`)
}

function fits(target: string, entry: string): boolean {
  if (entry.endsWith('/**')) return target.startsWith(entry.slice(0, -2))
  return target === entry || dirname(target) === entry
}

/** The relative specifiers of `import … from`, `export … from`, `import '…'` and `import('…')`. */
function relativeImports(text: string): string[] {
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.\.?\/[^'"\n]+)\1/g)
  return Array.from(found, (match) => match[2] ?? '')
}

/** Circles of imports, types included: each as the files on the way, the first one again at the end. */
export function importCircles(sources: readonly Source[]): string[][] {
  const texts = new Map(sources.map(({ path, text }) => [path, text]))
  const done = new Set<string>()
  const circles: string[][] = []
  const visit = (path: string, way: readonly string[]) => {
    const begun = way.indexOf(path)
    if (begun >= 0) circles.push([...way.slice(begun), path])
    if (begun >= 0 || done.has(path)) return
    for (const specifier of relativeImports(texts.get(path) ?? '')) {
      const target = normalize(join(dirname(path), specifier))
      if (texts.has(target)) visit(target, [...way, path])
    }
    done.add(path)
  }
  for (const path of texts.keys()) visit(path, [])
  return circles
}
