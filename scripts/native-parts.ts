// How the bundles find the native parts of koffi and of the socket library: by their names. Both libraries look around at
// run time (one asks for a process report, one reads the headers of Node's own file), which costs ndctl a tenth of its start.
// The libraries' own search comes last, for platforms not thought of here.

import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'

/** Names by C library, the likely one first. */
const search = (names: (libc: 'gnu' | 'musl') => string, last: string) => `
  const load = (name) => { try { return require(name) } catch { return undefined } }
  const linker = '/lib/ld-musl-' + (process.arch === 'x64' ? 'x86_64' : 'aarch64') + '.so.1'
  const [first, second] = [${names('gnu')}, ${names('musl')}]
  const names = require('node:fs').existsSync(linker) ? [second, first] : [first, second]
  module.exports = load(names[0]) ?? load(names[1]) ?? require('${last}')`

const sources: Readonly<Record<string, string>> = {
  koffi: search(
    (libc) =>
      `'@koromix/koffi-linux-' + process.arch + '/${libc === 'gnu' ? 'linux' : 'musl'}_' + process.arch + '/koffi.node'`,
    'koffi',
  ),
  'node-unix-socket': search(
    (libc) => `'node-unix-socket-linux-' + process.arch + '-${libc}'`,
    'node-unix-socket/js/addon',
  ),
}

/** To be used with `koffi` and `node-unix-socket/js/addon` as externals. */
export const nativeParts: Plugin = {
  name: 'native-parts',
  setup(bundle) {
    const namespace = 'native-part'
    bundle.onResolve({ filter: /^koffi$/ }, ({ namespace: from }) =>
      from === namespace ? { external: true } : { path: 'koffi', namespace },
    )
    // Its other kinds of sockets come with all of node:net.
    bundle.onResolve({ filter: /^node-unix-socket$/ }, ({ resolveDir }) =>
      bundle.resolve('node-unix-socket/js/seqpacket.js', { resolveDir, kind: 'require-call' }),
    )
    bundle.onResolve({ filter: /^\.\/addon$/ }, ({ importer }) =>
      importer.includes('node-unix-socket') ? { path: 'node-unix-socket', namespace } : undefined,
    )
    bundle.onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: sources[path] ?? '',
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    }))
  },
}
