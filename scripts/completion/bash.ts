// The completion script for bash. bash parts words at = and : (COMP_WORDBREAKS), and replaces only the last part: the script
// puts the words together first, and takes off what bash keeps. It needs bash 4.4, and not the package bash-completion.

import type { Completes } from '../../cli/command-line/command.ts'
import { type CompletionModel, firstWords, type OptionModel, spellings, type VerbModel } from './model.ts'

export function bashScript(model: CompletionModel): string {
  const { verbs, globalOptions, groups, signals } = model
  return `# Completions of ndctl for bash. Written by "ndctl completion bash".

# Sets what the value of an option of a verb is; fails if it takes none.
_ndctl_value() {
    case "$1 $2" in
${lines(verbs.flatMap(valueCases))}
${lines(globalOptions.flatMap((option) => valueCase(option, (spelling) => `*' ${spelling}'`)))}
        *) return 1 ;;
    esac
}

# Sets what an operand of a verb is; the first is number 0.
_ndctl_operand() {
    case "$1 $2" in
${lines(verbs.flatMap(operandCases))}
        'help '*) kind=verb ;;
        *) kind= ;;
    esac
}

# Prints the options of a verb.
_ndctl_options() {
    case "$1" in
${lines(verbs.map((verb) => `'${verb.name}') echo '${optionWords(verb.options)}' ;;`))}
        *) echo '${optionWords(globalOptions)}' ;;
    esac
}

# Proposes those of its words that begin as what is at the cursor.
_ndctl_reply() {
    local word
    for word; do
        word=$lead$word
        [[ $word == "$cur"* ]] && COMPREPLY+=("\${word#"$strip"}")
    done
}

# Proposes what is of this kind.
_ndctl_propose() {
    local value=\${cur#"$lead"} candidates
    case $1 in
        words\\ *) _ndctl_reply \${1#words } ;;
        verb) _ndctl_reply ${firstWords(model)
          .map(([word]) => word)
          .join(' ')} ;;
        process | running | name | label)
            # Not what is typed of a label: that may be quoted.
            [[ $1 != label ]] || value=
            mapfile -t candidates < <("\${words[0]/#\\~/$HOME}" __candidates "$1" \${socket:+--socket "$socket"} -- "$value" 2>/dev/null)
            candidates=("\${candidates[@]%%$'\\t'*}")
            # Labels may hold what the shell would take for its own.
            [[ $1 == label && -n $candidates ]] && mapfile -t candidates < <(printf '%q\\n' "\${candidates[@]}")
            _ndctl_reply "\${candidates[@]}"
            ;;
        signal)
            candidates=(${signals.join(' ')})
            [[ $value == SIG* ]] && candidates=("\${candidates[@]/#/SIG}")
            _ndctl_reply "\${candidates[@]}"
            ;;
        variable) mapfile -t candidates < <(compgen -e) && _ndctl_reply "\${candidates[@]}" ;;
        command)
            if [[ $value == */* || $value == '~'* ]]; then
                compopt -o default
            else
                mapfile -t COMPREPLY < <(compgen -c -- "$value" | sort -u)
                compopt -o plusdirs
            fi
            ;;
        file) compopt -o default ;;
        directory) compopt -o dirnames ;;
    esac
}

_ndctl() {
    local cur lead= strip kind= word rest line=\${COMP_LINE:0:COMP_POINT} i last
    local verb= group= socket= ended= value_next= operand=0
    local -a words=() places=()
    COMPREPLY=()

    # The words up to the cursor, as they are between blanks.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        rest=\${line#"\${line%%[![:space:]]*}"}
        word=\${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$rest
        if ((i > 0)) && [[ -n $line && $rest == "$line" ]]; then
            words[-1]+=$word
        else
            words+=("$word")
            places+=("$i")
        fi
        line=\${rest:\${#word}}
    done
    cur=\${words[-1]}
    # Of which bash replaces only what follows the last = or :.
    [[ $word == *[!=:]* ]] || word=
    strip=\${cur%"$word"}

    last=$((\${#words[@]} - 1))
    for ((i = 1; i < last; i++)); do
        word=\${words[i]}
        if [[ -z $ended && $word == -?* ]]; then
            case $word in
                --) ended=1 ;;
                --socket=*) socket=\${word#*=} ;;
                *)
                    if _ndctl_value "$verb" "$word"; then
                        ((++i < last)) || value_next=1
                        [[ $word == --socket || $word == -S ]] && socket=\${words[i]}
                    fi
                    ;;
            esac
        elif [[ -z $verb ]]; then
            case $word in
${lines(
  [...groups.keys()].map(
    (group) => `${group}) if ((++i < last)); then verb="${group} \${words[i]}"; else group=${group}; fi ;;`,
  ),
  16,
)}
${lines(
  verbs.flatMap(({ name, alias }) => (alias === undefined ? [] : [`${alias}) verb=${name} ;;`])),
  16,
)}
                *) verb=$word ;;
            esac
        else
            case $verb in
                ${verbs
                  .filter(({ operandEndsOptions }) => operandEndsOptions)
                  .map(({ name }) => name)
                  .join(' | ')})
                    # The words of another program: its own completion, where there is bash-completion to find it.
                    if declare -F _command_offset >/dev/null; then
                        _command_offset "\${places[i]}"
                    else
                        compopt -o default
                    fi
                    return
                    ;;
            esac
            ((operand += 1))
        fi
    done

    if [[ -n $value_next ]]; then
        _ndctl_propose "$kind"
    elif [[ -z $ended && $cur == --*=* ]]; then
        lead=\${cur%%=*}=
        _ndctl_value "$verb" "\${cur%%=*}" && _ndctl_propose "$kind"
    elif [[ -z $ended && $cur == -* ]]; then
        _ndctl_reply $(_ndctl_options "$verb")
    elif [[ -n $group ]]; then
        case $group in
${lines(
  [...groups].map(
    ([group, members]) =>
      `${group}) _ndctl_reply ${members.map(({ name }) => name.slice(group.length + 1)).join(' ')} ;;`,
  ),
  12,
)}
        esac
    elif [[ -z $verb ]]; then
        _ndctl_propose verb
    else
        _ndctl_operand "$verb" "$operand"
        _ndctl_propose "$kind"
    fi
}

complete -F _ndctl ndctl
`
}

const lines = (cases: readonly string[], indent = 8): string =>
  cases.map((line) => ' '.repeat(indent) + line).join('\n')

const kindOf = (completes: Completes): string =>
  typeof completes === 'string' ? completes : completes.length === 0 ? '' : `words ${completes.join(' ')}`

const valueCases = (verb: VerbModel): string[] =>
  verb.ownOptions.flatMap((option) => valueCase(option, (spelling) => `'${verb.name} ${spelling}'`))

function valueCase(option: OptionModel, pattern: (spelling: string) => string): string[] {
  if (option.value === undefined) return []
  return [`${spellings(option).map(pattern).join(' | ')}) kind='${kindOf(option.completes)}' ;;`]
}

function operandCases({ name, operands, repeats }: VerbModel): string[] {
  return operands.flatMap((completes, at) => {
    const kind = kindOf(completes)
    const isLast = at === operands.length - 1
    return kind === '' ? [] : [`'${name} '${isLast && repeats ? '*' : at}) kind='${kind}' ;;`]
  })
}

const optionWords = (options: readonly OptionModel[]): string => options.flatMap(spellings).join(' ')
