import type { Command } from 'commander';

type CompletedOption = { name: string; description: string; takesValue: boolean };
type CompletedCommand = { name: string; description: string; options: CompletedOption[]; words: string[] };

/** `assay completion SHELL`: prints a script that completes this program's commands, options and fixed words, and files for all else. */
export function completion(shell: 'bash' | 'zsh' | 'fish', program: Command) {
  const help = program.createHelp();
  const names = program.commands.map((command) => command.name());
  const commands = help.visibleCommands(program).map((command): CompletedCommand => {
    const options = help.visibleOptions(command).map(({ long, description, required, optional }) => ({
      name: long!,
      description,
      takesValue: required || optional,
    }));
    const words = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    const isHelp = !names.includes(command.name());
    return { name: command.name(), description: command.description(), options, words: isHelp ? names : words };
  });
  process.stdout.write({ bash: forBash, zsh: forZsh, fish: forFish }[shell](commands));
}

/** Makes `assay` a command of bash and zsh, which complete commands only by their first word. */
const byNpx = 'assay() { npx assay "$@"; }';

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const optionNames = (options: CompletedOption[]) => options.map(({ name }) => name).join(' ');

function forBash(commands: CompletedCommand[]): string {
  const cases = commands.map(({ name, options, words }) => {
    const taking = options.filter(({ takesValue }) => takesValue);
    const values = taking.length > 0 ? `; values=' ${optionNames(taking)} '` : '';
    return `    ${name}) options=${quoted(optionNames(options))}; words=${quoted(words.join(' '))}${values} ;;`;
  });
  return `# assay for bash: ${byNpx}; source <(assay completion bash)
_assay() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command= options= words= values=
  ((COMP_CWORD > 1)) && command=\${COMP_WORDS[1]}
  case $command in
    '') options=--help; words=${quoted(commands.map(({ name }) => name).join(' '))} ;;
${cases.join('\n')}
  esac
  COMPREPLY=()
  [[ $values == *" $previous "* ]] && return
  [[ $current == -* ]] && words=$options
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _assay assay
`;
}

function forZsh(commands: CompletedCommand[]): string {
  const plain = (text: string) => text.replace(/[[\]:\\]/g, '\\$&');
  const specs = commands.map(({ name, options, words }) => {
    const flags = options.map((option) =>
      quoted(`${option.name}[${plain(option.description)}]${option.takesValue ? ':value:_files' : ''}`),
    );
    const rest = words.length > 0 ? `*:word:(${words.join(' ')})` : '*:file:_files';
    return `    ${name}) _arguments ${[...flags, quoted(rest)].join(' ')} ;;`;
  });
  const described = commands.map(({ name, description }) => `    ${quoted(`${name}:${plain(description)}`)}`);
  return `# assay for zsh: ${byNpx}; source <(assay completion zsh), after compinit
_assay() {
  local -a commands=(
${described.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${specs.join('\n')}
  esac
}
compdef _assay assay
`;
}

function forFish(commands: CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, description, options, words }) => {
    const within = `complete -c assay -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c assay -n __fish_use_subcommand -f -a ${name} -d ${fishQuoted(description)}`,
      ...options.map(
        (option) =>
          `${within} -l ${option.name.slice(2)}${option.takesValue ? ' -r' : ''} -d ${fishQuoted(option.description)}`,
      ),
      ...(words.length > 0 ? [`${within} -f -a ${quoted(words.join(' '))}`] : []),
    ];
  });
  return `# assay for fish: function assay; npx assay $argv; end; assay completion fish | source\n${lines.join('\n')}\n`;
}

const fishQuoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
