// The completion script for zsh: specifications for its _arguments, one set for each verb.

import type { Completes } from '../../cli/command-line/command.ts'
import { type CompletionModel, firstWords, type OptionModel, type VerbModel } from './model.ts'

export function zshScript(model: CompletionModel): string {
  const { verbs, groups, globalOptions, signals } = model
  const single = verbs.filter(({ name }) => !name.includes(' '))
  return `#compdef ndctl
# Completions of ndctl for zsh. Written by "ndctl completion zsh".

# What the daemon has: process, running, name or label.
_ndctl_live() {
  local -a found
  local socket=\${(Q)opt_args[--socket]:-\${(Q)opt_args[-S]:-$_ndctl_socket}}
  found=(\${(f)"$(_call_program ndctl-$1 \${(q)_ndctl_program} __candidates $1 \${socket:+--socket \${(q)socket}} 2>/dev/null)"})
  found=("\${(@)found//:/\\\\:}")
  found=("\${(@)found/$'\\t'/:}")
  _describe -t $1 $1 found
}

_ndctl_signal() {
  local -a names=(${signals.join(' ')})
  [[ $PREFIX == SIG* ]] && names=(SIG$^names)
  local expl
  _wanted signals expl signal compadd -a names
}

_ndctl_verb() {
  local -a commands=(
${list(firstWords(model), 4)}
  )
  _describe -t commands command commands
}

_ndctl() {
  local curcontext=$curcontext state state_descr line ret=1
  local _ndctl_program=$words[1] _ndctl_socket
  typeset -A opt_args
  local -a everywhere=(
${globalOptions.map((option) => `    ${optionSpec(option)}`).join('\n')}
  )
  _arguments -C -s -S $everywhere '(-): :_ndctl_verb' '(-)*:: :->verb' && ret=0
  [[ $state == verb ]] || return ret
  _ndctl_socket=\${(Q)opt_args[--socket]:-\${(Q)opt_args[-S]}}
  curcontext=\${curcontext%:*:*}:ndctl-$words[1]:
  case $words[1] in
${single.map((verb) => verbCase(verb, [verb.name, ...(verb.alias === undefined ? [] : [verb.alias])].join('|'), 4)).join('\n')}
    help) _arguments -S '1: :_ndctl_verb' && ret=0 ;;
${[...groups].map(([group, members]) => groupCase(group, members)).join('\n')}
  esac
  return ret
}

if [[ $funcstack[1] == _ndctl ]]; then
  _ndctl "$@"
else
  compdef _ndctl ndctl
fi
`
}

function verbCase(verb: VerbModel, pattern: string, indent: number): string {
  const pad = ' '.repeat(indent)
  const specs = [...verb.ownOptions.map(optionSpec), ...operandSpecs(verb)]
  return [
    `${pad}${pattern})`,
    `${pad}  _arguments -s -S $everywhere${specs.length === 0 ? '' : ' \\'}`,
    ...specs.map((spec, at) => `${pad}    ${spec}${at === specs.length - 1 ? '' : ' \\'}`),
    `${pad}  ret=$?`,
    `${pad}  ;;`,
  ].join('\n')
}

function groupCase(group: string, members: readonly VerbModel[]): string {
  const member = ({ name }: VerbModel) => name.slice(group.length + 1)
  return `    ${group})
      local -a members=(
${list(
  members.map((each) => [member(each), each.summary]),
  8,
)}
      )
      _arguments -C -s -S $everywhere '(-): : _describe -t commands command members' '(-)*:: :->member' && ret=0
      [[ $state == member ]] || return ret
      case $words[1] in
${members.map((each) => verbCase(each, member(each), 8)).join('\n')}
      esac
      ;;`
}

/** Lines of a list for _describe. */
const list = (rows: readonly (readonly [string, string])[], indent: number): string =>
  rows.map(([word, text]) => `${' '.repeat(indent)}${quoted(`${word.replaceAll(':', '\\:')}:${text}`)}`).join('\n')

/** `'(-l --label)'{-l+,--label=}'[what it is]:K=V:action'`. */
function optionSpec({ name, letter, describe, value, repeats, completes }: OptionModel): string {
  const text = `[${describe.replace(/[\]\\]/g, '\\$&')}]${value === undefined ? '' : `:${message(value)}:${action(completes)}`}`
  const long = `--${name}${value === undefined ? '' : '='}`
  if (letter === undefined) return `${quoted(`${repeats ? '*' : ''}${long}${text}`)}`
  const others = repeats ? '*' : `(-${letter} --${name})`
  return `${quoted(others)}{-${letter}${value === undefined ? '' : '+'},${long}}${quoted(text)}`
}

function operandSpecs({ operands, repeats, operandEndsOptions }: VerbModel): string[] {
  if (operandEndsOptions) return [quoted('(-)1:command: _command_names -e'), quoted('*::argument: _normal')]
  return operands.map((completes, at) => {
    const place = repeats && at === operands.length - 1 ? '*' : String(at + 1)
    return quoted(`${place}:${typeof completes === 'string' ? completes : 'word'}:${action(completes)}`)
  })
}

const message = (text: string): string => text.replaceAll(':', '\\:')

/** What _arguments does for a value. One that begins with a blank gets no arguments added. */
function action(completes: Completes): string {
  if (typeof completes !== 'string') return completes.length === 0 ? ' ' : `(${completes.join(' ')})`
  switch (completes) {
    case 'file':
      return '_files'
    case 'directory':
      return '_files -/'
    case 'variable':
      return '_parameters -g "*export*"'
    case 'command':
      return ' _command_names -e'
    case 'signal':
    case 'verb':
      return ` _ndctl_${completes}`
    default:
      return ` _ndctl_live ${completes}`
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
