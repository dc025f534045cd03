// Makes one file of each program. ndctl lives for a moment, and a module costs about as much to find as to run: of its
// hundred, bundled, it starts in less than half the time (bench: `list process`). The daemon lives long, and bundled needs 6 MB
// less. What is rarely needed (the UI, yargs, the emulator) is a file of its own beside it, loaded on use. The native parts stay
// packages. What is bundled of other packages is named, with its licence, in THIRD-PARTY-NOTICES.txt.

import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { NO_DEBUGGER } from '../daemon/no-debugger.ts'
import { bundleText } from '../runtime/bundled-script.ts'
import { withDaemon } from './briefly-running-daemon.ts'
import { nativeParts } from './native-parts.ts'
import { bundledPackages, notices } from './third-party-notices.ts'

const dist = new URL('../', import.meta.url)
const inDist = (path: string) => fileURLToPath(new URL(path, dist))

/** What is a file of its own, loaded when it is asked for: what a module imports, and the file. */
const files: readonly [imported: RegExp, file: string][] = [
  [/\/tui\/run\.js$/, './ui.mjs'],
  [/^yargs$/, './yargs.mjs'],
  [/^yaml$/, './yaml.mjs'],
  [/^@xterm\/headless$/, './xterm-headless.cjs'],
]
const loadedOnUse: Plugin = {
  name: 'loaded-on-use',
  setup(bundle) {
    for (const [filter, path] of files) {
      bundle.onResolve({ filter }, ({ kind }) => (kind === 'entry-point' ? undefined : { path, external: true }))
    }
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

/**
 * How ndctl starts: a line that is shell to the shell and nothing to JavaScript. `--` keeps Node from taking its own options out
 * of ndctl's words (`ndctl start node --env-file=.env app.js`), and a SIGUSR1 finds no debugger to open, however early it
 * comes. Not `env -S`, which busybox lacks. netdaemon starts without a shell: dash and busybox drop environment variables with names
 * like `a.b`, which its processes are to inherit.
 */
const START_LINES = `#!/bin/sh
':' //; trap '' USR1; exec node ${NO_DEBUGGER} -- "$0" "$@"
`

const metafiles: Metafile[] = []

/** Bundles, and keeps in mind of which files. */
async function bundle(options: BuildOptions): Promise<void> {
  const { metafile } = await build({
    bundle: true,
    platform: 'node',
    target: 'node20',
    outdir: inDist('bin'),
    legalComments: 'inline',
    logLevel: 'warning',
    metafile: true,
    ...options,
  })
  if (metafile !== undefined) metafiles.push(metafile)
}

/** Makes of a bundle what is run with kept code. */
function asFunction(file: string): void {
  writeFileSync(file, bundleText(readFileSync(file, 'latin1').replaceAll(/\bimport\(/g, 'importModule(')))
}

/** For ES modules made of CommonJS ones, which call `require`. */
const withRequire = {
  js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
}

await bundle({
  entryPoints: { ndctl: inDist('cli/launcher.js'), 'ndctl-main': inDist('cli/ndctl.js') },
  outExtension: { '.js': '.cjs' },
  // A CommonJS main needs no ES module loader, and `import()` of what is inside runs it no sooner than it is asked for.
  format: 'cjs',
  minify: true,
  charset: 'ascii',
  external: ['node-unix-socket/js/addon'],
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  plugins: [nativeParts, loadedOnUse],
})
const launcher = inDist('bin/ndctl.cjs')
writeFileSync(launcher, START_LINES + readFileSync(launcher, 'latin1'))
asFunction(inDist('bin/ndctl-main.cjs'))
await bundle({
  entryPoints: { netdaemon: inDist('daemon/launcher.js') },
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  minify: true,
})
await bundle({
  entryPoints: { 'netdaemon-main': inDist('daemon/main.js') },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  // V8 looks through all of it where it has no code of it, and keeps it. Names and lines stay: the stacks in its log are for people.
  minifyWhitespace: true,
  lineLimit: 120,
  charset: 'ascii',
  external: ['node-unix-socket/js/addon'],
  // The program, which starts itself anew in the background.
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: {
    js: 'const importMetaUrl = require("node:url").pathToFileURL(require("node:path").join(__dirname, "netdaemon.mjs")).href;',
  },
  plugins: [nativeParts],
})
asFunction(inDist('bin/netdaemon-main.cjs'))
// The daemon reads this one as text, when it starts (daemon/screen/emulator-code.ts).
await bundle({
  entryPoints: { 'xterm-headless': '@xterm/headless' },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  minify: true,
  charset: 'ascii',
})
copyFileSync(inDist('bin/xterm-headless.cjs'), inDist('daemon/screen/xterm-headless.cjs'))
// These two are loaded by the daemon when a spec first needs them.
for (const [name, folder] of [
  ['croner', 'daemon/process'],
  ['re2js', 'daemon/probe'],
] as const) {
  await bundle({
    entryPoints: { [name]: name },
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    minify: true,
    charset: 'ascii',
  })
  copyFileSync(inDist(`bin/${name}.cjs`), inDist(`${folder}/${name}.cjs`))
}
await bundle({
  entryPoints: { ui: inDist('cli/tui/run.js') },
  outExtension: { '.js': '.mjs' },
  // The UI's parts wait for each other at load, which needs ES modules.
  format: 'esm',
  minify: true,
  // React for users, not for those who develop with it.
  define: { 'process.env.NODE_ENV': '"production"' },
  banner: withRequire,
  plugins: [noDeveloperTools, loadedOnUse],
})
await bundle({
  entryPoints: { yaml: 'yaml' },
  // Its ES modules: those for Node are CommonJS, whose names no importer would find in the bundle.
  platform: 'neutral',
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  minify: true,
  banner: withRequire,
})
await bundle({
  entryPoints: { yargs: 'yargs' },
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  minify: true,
  // It asks for the working directory when it is loaded, and would fail in one that has been removed.
  define: { 'process.cwd': 'workingDirectory' },
  banner: { js: `${withRequire.js} const workingDirectory = () => "/";` },
})
for (const program of [launcher, inDist('bin/netdaemon.mjs')]) chmodSync(program, 0o755)
writeFileSync(inDist('bin/THIRD-PARTY-NOTICES.txt'), notices(bundledPackages(metafiles)))

// Of the daemon: its start, and that of a process. Of ndctl the command that is typed most, as it is typed. What V8 has compiled for
// these is kept, and nothing else is.
const writeCode = inDist('scripts/write-code.js')
await withDaemon([writeCode, inDist('bin/netdaemon-main.cjs')], inDist('bin'), (socket) => {
  const warmUp = [writeCode, inDist('bin/ndctl-main.cjs'), 'list', '--socket', socket]
  execFileSync(process.execPath, warmUp, { stdio: 'ignore' })
})
