// Makes one file of what a short-lived program loads: dist/bin/ndctl.cjs. A module costs about as much to find as to run,
// and ndctl has a hundred; bundled it starts in less than half the time (bench: `list process`). What is heavy and
// rarely needed (yargs, execa, ink) stays outside and is loaded on use; so do the native parts.

import { chmodSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const dist = new URL('../', import.meta.url)
const inDist = (path: string) => fileURLToPath(new URL(path, dist))

/**
 * The socket library finds its native part by asking for a process report, which takes 8 of its 10 ms. Tried in the same
 * order instead; the library's own search comes last.
 */
const findNativePart: Plugin = {
  name: 'find-native-part',
  setup(bundle) {
    // Its other kinds of sockets come with all of node:net.
    bundle.onResolve({ filter: /^node-unix-socket$/ }, ({ resolveDir }) =>
      bundle.resolve('node-unix-socket/js/seqpacket.js', { resolveDir, kind: 'require-call' }),
    )
    bundle.onResolve({ filter: /^\.\/addon$/ }, ({ importer }) =>
      importer.includes('node-unix-socket') ? { path: 'native-part', namespace: 'netdaemon' } : undefined,
    )
    bundle.onLoad({ filter: /^native-part$/, namespace: 'netdaemon' }, () => ({
      contents: `
        const load = (name) => { try { return require(name) } catch { return undefined } }
        const libcs = require('node:fs').existsSync('/lib/ld-musl-' + (process.arch === 'x64' ? 'x86_64' : 'aarch64') + '.so.1')
          ? ['musl', 'gnu'] : ['gnu', 'musl']
        module.exports = libcs.map((libc) => load('node-unix-socket-linux-' + process.arch + '-' + libc)).find(Boolean)
          ?? require('node-unix-socket/js/addon')`,
      resolveDir: fileURLToPath(dist),
    }))
  },
}

const entries = { ndctl: inDist('cli/ndctl.js') }
await build({
  entryPoints: entries,
  outdir: inDist('bin'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  // A CommonJS main needs no ES module loader, and `import()` of what is inside runs it no sooner than it is asked for.
  format: 'cjs',
  minify: true,
  external: ['koffi', 'yargs', 'execa', 'ink', 'react', 'node-unix-socket/js/addon'],
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  legalComments: 'inline',
  logLevel: 'warning',
  plugins: [findNativePart],
})
for (const name of Object.keys(entries)) chmodSync(inDist(`bin/${name}.cjs`), 0o755)
