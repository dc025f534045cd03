// ndctl completion: the script that makes a shell complete ndctl's words. The scripts are made with the build, from the
// declarations of all verbs.

import { readFileSync } from 'node:fs'
import { nearest } from '../../proto/nearest-word.ts'
import { command } from '../command-line/command.ts'
import { UsageError } from '../complaint.ts'
import { done } from '../exit-status.ts'
import { print } from '../stdio/stdio.ts'

/** By shell, the name that each looks for. */
const files: ReadonlyMap<string, string> = new Map([
  ['bash', 'ndctl.bash'],
  ['zsh', '_ndctl'],
  ['fish', 'ndctl.fish'],
])
const shells = [...files.keys()]

export default command({
  name: 'completion',
  synopsis: 'SHELL',
  summary: 'Print the script that lets bash, zsh or fish complete ndctl commands.',
  notes: [
    'The shell then completes commands, options and their values, and the ids and labels of the current processes.',
    'bash: source it in ~/.bashrc, or save it once where bash-completion looks. zsh: save it as _ndctl in a directory of $fpath. fish: save it in the directory of its completions.',
  ],
  options: {},
  operands: { min: 1, max: 1 },
  completes: [shells],
  examples: [
    ['source <(ndctl completion bash)', 'in ~/.bashrc'],
    ['ndctl completion bash > ~/.local/share/bash-completion/completions/ndctl', 'once, with bash-completion'],
    ['ndctl completion zsh > /usr/local/share/zsh/site-functions/_ndctl', 'once'],
    ['ndctl completion fish > ~/.config/fish/completions/ndctl.fish', 'once'],
  ],
  async run({ operands: [shell = ''] }) {
    const file = files.get(shell)
    if (file === undefined) {
      const near = nearest(shell, shells)
      const hint = near === undefined ? `, only for ${shells.join(', ')}` : `; did you mean ${near}?`
      throw new UsageError(`there is no completion script for "${shell}"${hint}`)
    }
    // From dist/bin, where ndctl is bundled into.
    await print(readFileSync(new URL(`../completions/${file}`, import.meta.url), 'utf8'))
    return done
  },
})
