// Completions for shells, made of the same table as the help.
import type { Command } from './command.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const COMMON = ['json', 'url', 'help'];

/** Everything that may follow, by what stands before it. */
function words(commands: readonly Command[]): { first: string[]; second: Map<string, string[]>; options: Map<string, string[]>; choices: Map<string, readonly string[]> } {
  const first = new Set<string>();
  const second = new Map<string, string[]>();
  const options = new Map<string, string[]>();
  const choices = new Map<string, readonly string[]>();
  for (const { name, options: own = {} } of commands) {
    const [head, rest] = name.split(' ') as [string, string?];
    first.add(head);
    if (rest) second.set(head, [...(second.get(head) ?? []), rest]);
    options.set(name, [...Object.keys(own), ...COMMON].map((option) => `--${option}`));
    for (const [option, { choices: among }] of Object.entries(own)) if (among) choices.set(`${name}|--${option}`, among);
  }
  first.add('completion').add('help');
  second.set('completion', [...SHELLS]);
  return { first: [...first], second, options, choices };
}

export function completion(shell: (typeof SHELLS)[number], commands: readonly Command[]): string {
  return { bash, zsh, fish }[shell](commands);
}

function bash(commands: readonly Command[]): string {
  const { first, second, options, choices } = words(commands);
  const line = ([before, after]: [string, readonly string[]]) => `    '${before}') found='${after.join(' ')}' ;;`;
  return `# latchkey for bash: source <(latchkey completion bash)
_latchkey() {
  local found='' here="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  case "$command" in ${[...second.keys()].join('|')}) command="$command \${COMP_WORDS[2]}" ;; esac
  if [ "$COMP_CWORD" -eq 1 ]; then found='${first.join(' ')}'
  elif [ "$COMP_CWORD" -eq 2 ] && [ "$command" != "\${COMP_WORDS[1]}" ]; then case "\${COMP_WORDS[1]}" in
${[...second].map(line).join('\n')}
  esac
  else case "$command|$before" in
${[...choices].map(line).join('\n')}
    *) case "$command" in
${[...options].map(line).join('\n')}
    esac ;;
  esac
  fi
  COMPREPLY=($(compgen -W "$found" -- "$here"))
}
complete -F _latchkey latchkey
`;
}

function zsh(commands: readonly Command[]): string {
  const { first, second, options, choices } = words(commands);
  const line = ([before, after]: [string, readonly string[]]) => `    '${before}') found=(${after.join(' ')}) ;;`;
  return `#compdef latchkey
# latchkey for zsh: latchkey completion zsh > "\${fpath[1]}/_latchkey"
_latchkey() {
  local -a found
  local command="\${words[2]}"
  case "$command" in ${[...second.keys()].join('|')}) command="$command \${words[3]}" ;; esac
  if (( CURRENT == 2 )); then found=(${first.join(' ')})
  elif (( CURRENT == 3 )) && [[ "$command" != "\${words[2]}" ]]; then case "\${words[2]}" in
${[...second].map(line).join('\n')}
  esac
  else case "$command|\${words[CURRENT-1]}" in
${[...choices].map(line).join('\n')}
    *) case "$command" in
${[...options].map(line).join('\n')}
    esac ;;
  esac
  fi
  compadd -- $found
}
if [ "$funcstack[1]" = "_latchkey" ]; then _latchkey "$@"; else compdef _latchkey latchkey; fi
`;
}

function fish(commands: readonly Command[]): string {
  const { first, second } = words(commands);
  const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = [`# latchkey for fish: latchkey completion fish > ~/.config/fish/completions/latchkey.fish`, 'complete -c latchkey -f', `complete -c latchkey -n __fish_use_subcommand -a ${quoted(first.join(' '))}`];
  for (const [head, rest] of second) lines.push(`complete -c latchkey -n ${quoted(`__fish_seen_subcommand_from ${head}; and not __fish_seen_subcommand_from ${rest.join(' ')}`)} -a ${quoted(rest.join(' '))}`);
  for (const { name, options = {} } of commands) {
    const seen = name.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    for (const [option, { value, help, choices }] of Object.entries(options)) {
      lines.push(`complete -c latchkey -n ${quoted(seen)} -l ${option}${value ? ' -x' : ''}${choices ? ` -a ${quoted(choices.join(' '))}` : ''} -d ${quoted(help)}`);
    }
  }
  lines.push("complete -c latchkey -l json -d 'the answer as JSON'", "complete -c latchkey -l url -x -d 'where the service is'", "complete -c latchkey -l help -d 'what a command does'");
  return `${lines.join('\n')}\n`;
}
