// Makes one file of each program. ndctl lives for a moment, and a module costs about as much to find as to run: of its
// hundred, bundled, it starts in less than half the time (bench: `list process`). The daemon lives long, and bundled needs 6 MB
// less. What is heavy and rarely needed (yargs, execa, ink) stays outside and is loaded on use; so do the native parts.

import { chmodSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'

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

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  outdir: inDist('bin'),
  legalComments: 'inline',
  logLevel: 'warning',
  plugins: [findNativePart],
}
await build({
  ...common,
  entryPoints: { ndctl: inDist('cli/ndctl.js') },
  outExtension: { '.js': '.cjs' },
  // A CommonJS main needs no ES module loader, and `import()` of what is inside runs it no sooner than it is asked for.
  format: 'cjs',
  minify: true,
  external: ['koffi', 'yargs', 'execa', 'ink', 'react', 'node-unix-socket/js/addon'],
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
})
await build({
  ...common,
  entryPoints: { netdaemon: inDist('daemon/main.js') },
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  // Not minified: the stacks in its log are for people, and it would save half a megabyte more.
  external: ['koffi', 'execa', '@xterm/*', 'node-unix-socket/js/addon'],
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
})
for (const name of ['ndctl.cjs', 'netdaemon.mjs']) chmodSync(inDist(`bin/${name}`), 0o755)
