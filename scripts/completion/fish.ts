// The completion script for fish: one `complete` for each verb, option and operand, under conditions on the words before the
// cursor.

import type { Completes } from '../../cli/command-line/command.ts'
import { type CompletionModel, firstWords, type OptionModel, spellings, type VerbModel } from './model.ts'

export function fishScript(model: CompletionModel): string {
  const { verbs, groups, globalOptions, signals } = model
  const withOther = verbs.filter(({ operandEndsOptions }) => operandEndsOptions).map(({ name }) => quoted(name))
  const valued = (options: readonly OptionModel[], verb: string) =>
    options
      .filter(({ value }) => value !== undefined)
      .flatMap((option) => spellings(option).map((each) => quoted(`${verb} ${each}`)))
  return `# Completions of ndctl for fish. Written by "ndctl completion fish".

# Whether an option of a verb takes a value.
function __ndctl_takes_value
    switch "$argv[1] $argv[2]"
        case ${[...verbs.flatMap((verb) => valued(verb.ownOptions, verb.name)), ...valued(globalOptions, '*')].join(' ')}
            return 0
    end
    return 1
end

# Reads the words before the cursor: the verb, the group of which a verb is to follow, how many operands there are, the
# socket, and the words of another program.
function __ndctl_read
    set -g __ndctl_verb
    set -g __ndctl_group
    set -g __ndctl_operands 0
    set -g __ndctl_socket
    set -g __ndctl_other
    set -l ended
    set -l words (commandline -opc)
    set words $words[2..-1]
    while set -q words[1]
        set -l word $words[1]
        set -l all $words
        set words $words[2..-1]
        if test -z "$ended"; and string match -qr -- '^-.' $word
            switch $word
                case --
                    set ended 1
                case '--socket=*'
                    set __ndctl_socket (string replace -- --socket= '' $word)
                case '*'
                    if __ndctl_takes_value "$__ndctl_verb" $word
                        contains -- $word --socket -S; and set __ndctl_socket $words[1]
                        set words $words[2..-1]
                    end
            end
        else if test -z "$__ndctl_verb"
            switch $word
${[...groups.keys()]
  .map(
    (group) => `                case ${group}
                    if set -q words[1]
                        set __ndctl_verb "${group} $words[1]"
                        set words $words[2..-1]
                    else
                        set __ndctl_group ${group}
                    end`,
  )
  .join('\n')}
${verbs
  .flatMap(({ name, alias }) =>
    alias === undefined ? [] : [`                case ${alias}\n                    set __ndctl_verb ${name}`],
  )
  .join('\n')}
                case '*'
                    set __ndctl_verb $word
            end
        else if contains -- $__ndctl_verb ${withOther.join(' ')}
            set __ndctl_other $all
            return
        else
            set __ndctl_operands (math $__ndctl_operands + 1)
        end
    end
end

# Conditions.
function __ndctl_before_verb
    __ndctl_read
    test -z "$__ndctl_verb" -a -z "$__ndctl_group"
end
function __ndctl_own_words
    __ndctl_read
    not set -q __ndctl_other[1]
end
function __ndctl_in_group
    __ndctl_read
    test "$__ndctl_group" = "$argv[1]"
end
function __ndctl_in
    __ndctl_read
    test "$__ndctl_verb" = "$argv[1]"; and not set -q __ndctl_other[1]
end
# At operand number $argv[2], or a later one if $argv[3] is there.
function __ndctl_at
    __ndctl_in $argv[1]; or return 1
    test $__ndctl_operands -eq $argv[2]; and return 0
    set -q argv[3]; and test $__ndctl_operands -gt $argv[2]
end
function __ndctl_in_other
    __ndctl_read
    set -q __ndctl_other[1]
end

# Candidates.
function __ndctl_live
    __ndctl_read
    set -l program (commandline -opc)[1]
    set -l socket
    test -n "$__ndctl_socket"; and set socket --socket $__ndctl_socket
    $program __candidates $argv[1] $socket 2>/dev/null
end
function __ndctl_signals
    set -l names ${signals.join(' ')}
    string match -q 'SIG*' -- (commandline -ct); and set names SIG$names
    printf '%s\\n' $names
end
function __ndctl_programs
    set -l word (commandline -ct)
    string match -q -- '-*' $word; or complete -C "$word"
end
function __ndctl_other_words
    __ndctl_read
    complete -C (string join ' ' -- (string escape -- $__ndctl_other) (commandline -ct))
end

complete -c ndctl -f
${firstWords(model)
  .map(([word, text]) => `complete -c ndctl -n __ndctl_before_verb -a ${word} -d ${quoted(text)}`)
  .join('\n')}
complete -c ndctl -n '__ndctl_at help 0' -a ${quoted(
    firstWords(model)
      .map(([word]) => word)
      .join(' '),
  )}
${globalOptions.map((option) => optionLine(option, '__ndctl_own_words')).join('\n')}
${[...groups]
  .flatMap(([group, members]) =>
    members.map(
      ({ name, summary }) =>
        `complete -c ndctl -n '__ndctl_in_group ${group}' -a ${name.slice(group.length + 1)} -d ${quoted(summary)}`,
    ),
  )
  .join('\n')}
${verbs.map(verbLines).join('\n')}
complete -c ndctl -n __ndctl_in_other -a '(__ndctl_other_words)'
`
}

function verbLines(verb: VerbModel): string {
  const options = verb.ownOptions.map((option) => optionLine(option, quoted(`__ndctl_in ${verbWord(verb)}`)))
  const operands = verb.operands.flatMap((completes, at) => {
    const words = candidates(completes)
    if (words === undefined) return []
    const more = verb.repeats && at === verb.operands.length - 1 ? ' more' : ''
    return [`complete -c ndctl -n ${quoted(`__ndctl_at ${verbWord(verb)} ${at}${more}`)} ${words}`]
  })
  return [`# ${verb.name}`, ...options, ...operands].join('\n')
}

/** A verb's name as one word of a condition. */
const verbWord = ({ name }: VerbModel): string => (name.includes(' ') ? `"${name}"` : name)

function optionLine({ name, letter, describe, value, completes }: OptionModel, condition: string): string {
  const parts = [
    `complete -c ndctl -n ${condition}`,
    ...(letter === undefined ? [] : [`-s ${letter}`]),
    `-l ${name}`,
    ...(value === undefined ? [] : [completes === 'file' ? '-r' : '-x', candidates(completes) ?? '']),
    `-d ${quoted(describe)}`,
  ]
  return parts.filter((part) => part !== '').join(' ')
}

/** The switch that says what is proposed. */
function candidates(completes: Completes): string | undefined {
  if (typeof completes !== 'string') return completes.length === 0 ? undefined : `-a ${quoted(completes.join(' '))}`
  switch (completes) {
    case 'file':
      return '-F'
    case 'directory':
      return "-a '(__fish_complete_directories)'"
    case 'variable':
      return "-a '(set --export --names)'"
    case 'command':
      return "-a '(__ndctl_programs)'"
    case 'signal':
      return "-a '(__ndctl_signals)'"
    case 'verb':
      return undefined
    default:
      return `-a '(__ndctl_live ${completes})'`
  }
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
