import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { runCommand } from '../doubles/command-line.ts';

const script = async (shell: string) => {
  const { stdout, code, stderr } = await runCommand(['completion', shell], {});
  assert.equal(code, 0, stderr);
  return stdout;
};
const has = (shell: string) => spawnSync(shell, ['-c', 'exit']).status === 0;

test('bash completes commands, options and fixed values by its script, and leaves other values to file completion', async () => {
  const source = await script('bash');
  const checked = spawnSync('bash', ['-n'], { input: source, encoding: 'utf8' });
  assert.deepEqual([checked.status, checked.stderr], [0, '']);
  const complete = (...words: string[]) => {
    const run = `${source}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _assay; printf '%s ' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', run, 'bash', 'assay', ...words], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    return stdout.trim();
  };
  assert.equal(complete('re'), 'reembed restore');
  assert.equal(complete('ask', '--'), '--collection --json --server --help');
  assert.equal(complete('ask', 'why', '--j'), '--json');
  assert.equal(complete('ask', '--server', ''), '');
  assert.equal(complete('ingest', 'cor'), '');
  assert.equal(complete('completion', ''), 'bash zsh fish');
  assert.match(complete('help', 'b'), /^backup$/);
  const help = (await runCommand(['--help'], {})).stdout;
  const commands = [...help.matchAll(/^ {2}([a-z][\w-]*)(?: |$)/gm)].map(([, name]) => name!);
  assert.ok(commands.length > 12);
  assert.deepEqual(complete('').split(' ').toSorted(), commands.toSorted(), 'every command, and no other');
});

test('zsh accepts its script', { skip: !has('zsh') && 'zsh is not installed' }, async () => {
  const { status, stderr } = spawnSync('zsh', ['-n'], { input: await script('zsh'), encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
});

test('fish completes commands, options and fixed values by its script', {
  skip: !has('fish') && 'fish is not installed',
}, async () => {
  const source = await script('fish');
  const complete = (line: string) => {
    const run = `${source}\ncomplete -C '${line}'`;
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', run], { encoding: 'utf8' });
    assert.equal(stderr, '');
    return stdout
      .trim()
      .split('\n')
      .map((each) => each.split('\t')[0]);
  };
  assert.deepEqual(complete('assay re'), ['reembed', 'restore']);
  assert.deepEqual(complete('assay ask --'), ['--collection', '--help', '--json', '--server']);
  assert.deepEqual(complete('assay completion '), ['bash', 'fish', 'zsh']);
});

test('the scripts for zsh and fish list commands with their options and fixed values', async () => {
  const [zsh, fish] = await Promise.all([script('zsh'), script('fish')]);
  assert.match(
    zsh,
    /^ {4}ask\) _arguments .*'--server\[ask a running service; its key comes from ASSAY_KEY\]:value:_files'/m,
  );
  assert.match(fish, /^complete -c assay -n '__fish_seen_subcommand_from ask' -l server -r -d /m);
  assert.match(fish, /^complete -c assay -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'$/m);
});
