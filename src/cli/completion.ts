import { commandOptions, commands, namesOf, type OptionSpec, optionSpecs, type Shell, shells } from './options.ts';

/** Commander's own. */
const standing: readonly OptionSpec[] = [
  { flags: '-h, --help', description: 'show the help', group: 'Output:' },
  { flags: '--version', description: 'show the version', group: 'Output:' },
];

/** The script that teaches a shell to complete multidown's options, made from the list of options. */
export function completionScript(shell: Shell): string {
  const specs = [...optionSpecs, ...standing];
  switch (shell) {
    case 'bash':
      return bash(specs);
    case 'zsh':
      return zsh(specs);
    case 'fish':
      return fish(specs);
  }
}

function bash(specs: readonly OptionSpec[]): string {
  const cases = specs.flatMap((spec) => {
    if (spec.value === undefined) return [];
    const names = namesOf(spec).join('|');
    return [`    ${names}) ${bashOffer(spec.value)} return ;;`];
  });
  const ofCommands = [...Object.entries(commandOptions), ['completion', []] as const].map(
    ([command, names]) => `      ${command}) options='${[...names, '-h', '--help'].join(' ')}' ;;`,
  );
  return `# bash completion for multidown. Put it where bash looks for completions,
# or: source <(multidown completion bash)
_multidown() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command
  COMPREPLY=()
  case $previous in
    completion)
      if [[ $current != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '${shells.join(' ')}' -- "$current"); return
      fi ;;
${cases.join('\n')}
  esac
  if [[ $current == -* ]]; then
    local options='${specs.flatMap(namesOf).join(' ')}'
    case \${COMP_WORDS[1]} in
${ofCommands.join('\n')}
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    if ((COMP_CWORD == 1)); then
      for command in ${commands.join(' ')}; do
        if [[ $command == "$current"* ]]; then COMPREPLY+=("$command"); fi
      done
    fi
  fi
}
complete -F _multidown multidown
`;
}

function bashOffer(value: NonNullable<OptionSpec['value']>): string {
  if (value === 'text') return '';
  if (value === 'file') return `compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current");`;
  return `mapfile -t COMPREPLY < <(compgen -W '${value.join(' ')}' -- "$current");`;
}

function zsh(specs: readonly OptionSpec[]): string {
  const lines = specs.map((spec) => {
    const names = namesOf(spec);
    const action = zshAction(spec);
    const text = `[${spec.description.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''")}]`;
    if (spec.isRepeatable) return names.map((name) => `    '*${name}${text}${action}' \\`).join('\n');
    const many = names.length > 1;
    return many
      ? `    '(${names.join(' ')})'{${names.join(',')}}'${text}${action}' \\`
      : `    '${names[0]}${text}${action}' \\`;
  });
  const ofCommands = Object.entries(commandOptions).map(
    ([command, names]) =>
      `      ${command}) if [[ $words[CURRENT] == -* ]]; then compadd -- ${[...names, '-h', '--help'].join(' ')}; else _files; fi; return ;;`,
  );
  return `#compdef multidown
# zsh completion for multidown. Save it as _multidown in a folder of $fpath.
_multidown() {
  if (( CURRENT == 3 )) && [[ $words[2] == completion ]]; then
    compadd ${shells.join(' ')}
    return
  fi
  if (( CURRENT > 2 )); then
    case $words[2] in
${ofCommands.join('\n')}
    esac
  fi
  _arguments -s \\
${lines.join('\n')}
    '1:url or command:(${commands.join(' ')})' \\
    '2:output:_files'
}
if [[ $funcstack[1] == _multidown ]]; then
  _multidown "$@"
else
  compdef _multidown multidown
fi
`;
}

function zshAction({ value }: OptionSpec): string {
  if (value === undefined) return '';
  if (value === 'file') return ':file:_files';
  return value === 'text' ? ':value: ' : `:what:(${value.join(' ')})`;
}

function fish(specs: readonly OptionSpec[]): string {
  const lines = specs.map((spec) => {
    const own = namesOf(spec);
    const names = own.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
    return `complete -c multidown -n '${fishCondition(own)}' ${names.join(' ')}${fishValue(spec)} -d '${spec.description.replace(/['\\]/g, '\\$&')}'`;
  });
  return `# fish completion for multidown. Save it as ~/.config/fish/completions/multidown.fish
complete -c multidown -n 'test (count (commandline -opc)) -eq 1' -a completion -d 'print the completion script of a shell'
complete -c multidown -n 'test (count (commandline -opc)) -eq 1' -a window -d 'open a window, to start downloads from'
complete -c multidown -n 'test (count (commandline -opc)) -eq 1' -a replay -d 'show what was recorded with --record'
complete -c multidown -n '__fish_seen_subcommand_from window replay' -F
complete -c multidown -n '__fish_seen_subcommand_from completion' -f -a '${shells.join(' ')}'
${lines.join('\n')}
`;
}

/** Where an option is offered: not behind a command that has no such option. */
function fishCondition(names: readonly string[]): string {
  const others = commands.filter((command) => {
    const options: readonly string[] = command === 'completion' ? [] : commandOptions[command];
    return !names.some((name) => name === '--help' || options.includes(name));
  });
  return others.length === 0 ? 'true' : `not __fish_seen_subcommand_from ${others.join(' ')}`;
}

function fishValue({ value }: OptionSpec): string {
  if (value === undefined) return '';
  if (value === 'file') return ' -r -F';
  return value === 'text' ? ' -x' : ` -x -a '${value.join(' ')}'`;
}
