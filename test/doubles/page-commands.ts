import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Test, temporaryFolder } from './temporary-folder.ts';

export const project = fileURLToPath(new URL('../..', import.meta.url));
export const readPage = (path: string) => readFileSync(join(project, path), 'utf8');

/** A command of a page, on one line, and what the page says it prints: a `text` block right behind its own. */
export type PageCommand = { command: string; prints: string | null };

/** The commands of a page's `sh` blocks, in their order; a backslash at a line's end joins it to the next. */
export function commandsOf(markdown: string): PageCommand[] {
  return [...markdown.matchAll(/```sh\n([\s\S]*?)```(?:\n\n```text\n([\s\S]*?)```)?/g)].flatMap(([, block, prints]) => {
    const lines = block!
      .replaceAll('\\\n', '')
      .trim()
      .split('\n')
      .map((line) => line.replace(/\s+/g, ' '));
    return lines.map((command, at) => ({ command, prints: at === lines.length - 1 ? (prints ?? null) : null }));
  });
}

/** The files that a page shows whole, by name: a block right behind a line that ends in the name and a colon. */
export function filesOf(markdown: string): Map<string, string> {
  const shown = markdown.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\.\w+)`[^\n`]*:\n\n```\w+\n([\s\S]*?)```/g);
  return new Map([...shown].map(([, name, text]) => [name!, text!]));
}

/** Runs a command by bash, where a reader would: in the project's folder, unless told otherwise. */
export const runShell = (command: string, settings: Record<string, string> = {}, cwd = project) =>
  promisify(execFile)('bash', ['-c', command], { cwd, env: { ...process.env, ...settings } });

/** A folder that looks like the project to a reader who follows a page; what is changed there is removed with the test. */
export async function readersFolder(test: Test): Promise<string> {
  const folder = await temporaryFolder(test);
  for (const name of ['prompts', 'examples', 'corpus', 'packages'])
    cpSync(join(project, name), join(folder, name), { recursive: true });
  for (const name of ['src', 'scripts', 'deploy', 'evaluation', 'node_modules', 'package.json', '.models', '.setup'])
    symlinkSync(join(project, name), join(folder, name));
  return folder;
}

/**
 * Does what a page says, in a reader's folder: puts the files that it shows in their places, runs its commands one after another,
 * and compares what they print with what the page says, where it says so (`…` stands for anything).
 * @param options.url of a service, which stands in for the one at 127.0.0.1:3000
 * @param options.skip commands that are run elsewhere
 * @returns each command with what it printed
 */
export async function followPage(
  page: string,
  options: {
    folder: string;
    url?: string;
    settings?: Record<string, string>;
    skip?: (command: string) => boolean;
    /** What stands in for a place-holder of the page. */
    replace?: Record<string, string>;
  },
): Promise<{ command: string; printed: string }[]> {
  const { folder, url, settings = {}, skip = () => false, replace = {} } = options;
  const markdown = readPage(page);
  for (const [name, text] of filesOf(markdown)) {
    if (existsSync(join(project, name))) assert.equal(text, readPage(name), `${page} shows another ${name}`);
    else writeFileSync(join(folder, name), text);
  }
  const done: { command: string; printed: string }[] = [];
  for (const { command, prints } of commandsOf(markdown)) {
    if (skip(command)) continue;
    let here = command.replace(/^curl -s /, 'curl -sS --fail-with-body ');
    if (url) here = here.replaceAll('http://127.0.0.1:3000', url);
    for (const [from, to] of Object.entries(replace)) here = here.replaceAll(from, to);
    const { stdout, stderr } = await runShell(here, settings, folder).catch((error) =>
      assert.fail(`${page}: ${here}\n${error.stdout}\n${error.stderr}`),
    );
    if (prints !== null) {
      const pattern = prints.trim().split('…').map(RegExp.escape).join('[\\s\\S]*');
      assert.match(stdout.trim(), new RegExp(`^${pattern}$`), `${page}: ${command}\n${stdout}`);
    }
    done.push({ command, printed: stdout + stderr });
  }
  return done;
}
