// Makes one file of each program. ndctl lives for a moment, and a module costs about as much to find as to run: of its
// hundred, bundled, it starts in less than half the time (bench: `list process`). The daemon lives long, and bundled needs 6 MB
// less. What is heavy and rarely needed (yargs, execa, ink) stays outside and is loaded on use; so do the native parts.

import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { nativeParts } from './native-parts.ts'

const dist = new URL('../', import.meta.url)
const inDist = (path: string) => fileURLToPath(new URL(path, dist))

/** The UI is a file of its own, loaded when it is asked for: its parts wait for each other at load, which needs ES modules. */
const uiApart: Plugin = {
  name: 'ui-apart',
  setup(bundle) {
    bundle.onResolve({ filter: /\/tui\/run\.js$/ }, () => ({ path: './ui.mjs', external: true }))
  },
}

/** What Ink loads for React's developer tools, which would be a seventh of it. */
const noDeveloperTools: Plugin = {
  name: 'no-developer-tools',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/devtools\.js$/ }, ({ importer }) =>
      importer.includes('/ink/') ? { path: 'nothing', namespace: 'nothing' } : undefined,
    )
    bundle.onLoad({ filter: /^nothing$/, namespace: 'nothing' }, () => ({ contents: '' }))
  },
}

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  outdir: inDist('bin'),
  legalComments: 'inline',
  logLevel: 'warning',
  plugins: [nativeParts],
}
await build({
  ...common,
  entryPoints: { ndctl: inDist('cli/launcher.js'), 'ndctl-main': inDist('cli/ndctl.js') },
  outExtension: { '.js': '.cjs' },
  // A CommonJS main needs no ES module loader, and `import()` of what is inside runs it no sooner than it is asked for.
  format: 'cjs',
  minify: true,
  charset: 'ascii',
  external: ['yargs', 'execa', 'ink', 'react', 'node-unix-socket/js/addon'],
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  plugins: [nativeParts, uiApart],
})
const main = inDist('bin/ndctl-main.cjs')
writeFileSync(main, readFileSync(main, 'latin1').replaceAll(/\bimport\(/g, 'importModule('))
await build({
  ...common,
  entryPoints: { netdaemon: inDist('daemon/main.js') },
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  // Not minified: the stacks in its log are for people, and it would save half a megabyte more.
  external: ['execa', '@xterm/*', 'node-unix-socket/js/addon'],
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
})
await build({
  ...common,
  entryPoints: { ui: inDist('cli/tui/run.js') },
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  minify: true,
  external: ['@xterm/*'],
  // React for users, not for those who develop with it.
  define: { 'process.env.NODE_ENV': '"production"' },
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  plugins: [noDeveloperTools],
})
for (const name of ['ndctl.cjs', 'netdaemon.mjs']) chmodSync(inDist(`bin/${name}`), 0o755)

// A command that goes through all but the decoding of an answer, and needs no daemon. It ends with an error, as it must.
const warmUp = ['list', '--socket', inDist('bin/no-daemon')]
execFileSync(process.execPath, [inDist('scripts/write-code.js'), inDist('bin'), ...warmUp], { stdio: 'ignore' })
