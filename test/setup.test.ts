import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { setupFacts } from '../scripts/setup/facts.mjs';
import { jarOf, startRepository } from './doubles/maven-repository.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const load = (name: string) => import(new URL(`../scripts/setup/${name}.mjs`, import.meta.url).href);
const dependencies = JSON.stringify(new URL('../scripts/setup/dependencies.mjs', import.meta.url));

const files = { 'model.onnx': randomBytes(5_000), 'tokenizer.json': Buffer.from('{}') };
const artefact = jarOf({ 'inside/model': files['model.onnx'], 'inside/tokenizer': files['tokenizer.json'] });

function temporaryFolder(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'assay-setup-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a manifest of one small model, whose artefact is served at `repository`. */
function manifestIn(folder: string, repository: string) {
  const model = {
    name: 'small',
    purpose: 'embeddings',
    licence: 'MIT',
    dimension: 4,
    files: Object.entries(files).map(([file, content]) => ({
      file,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    })),
    sources: [
      {
        kind: 'maven',
        artifact: 'org.example:small:1.0.0',
        bytes: artefact.length,
        entries: { 'model.onnx': 'inside/model', 'tokenizer.json': 'inside/tokenizer' },
        repository,
      },
    ],
  };
  const path = join(folder, 'manifest.json');
  writeFileSync(path, JSON.stringify({ models: [model] }));
  return path;
}

async function setup(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(root, 'scripts/setup.mjs'), ...args], {
    env: { ...process.env, MODELS_SOURCE: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  return { code, output, lines: output.trimEnd().split('\n') };
}

/** An address where nobody listens: port 1 of loopback. */
const NOWHERE = 'http://127.0.0.1:1/';

function assertOneSentence({ code, output, lines }: Awaited<ReturnType<typeof setup>>, about: RegExp) {
  assert.equal(code, 1, output);
  assert.match(lines.at(-1)!, about);
  assert.match(lines.at(-1)!, /^Set-up failed: .*\.$/);
  assert.doesNotMatch(output, /\n\s+at |node:internal/, 'no stack trace');
}

describe('the models step of the set-up', () => {
  test('takes the files from a local folder, and does nothing the second time', async (t) => {
    const folder = temporaryFolder(t);
    const source = join(folder, 'source');
    mkdirSync(source);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(source, file), content);
    const models = join(folder, 'models');
    const args = ['--only=models', `--manifest=${manifestIn(folder, NOWHERE)}`, `--models=${models}`];

    const first = await setup(args, { MODELS_SOURCE: source });
    assert.equal(first.code, 0, first.output);
    assert.match(first.output, /from the folder MODELS_SOURCE/);
    assert.deepEqual(readFileSync(join(models, 'small/model.onnx')), files['model.onnx']);
    assert.deepEqual(readdirSync(models), ['small'], 'nothing temporary is left');

    const second = await setup(args);
    assert.equal(second.code, 0, second.output);
    assert.match(second.output, /^Set-up: already complete .*\.\n$/);
  });

  test('takes the files from the Maven artefact', async (t) => {
    const folder = temporaryFolder(t);
    const repository = await startRepository(artefact);
    t.after(() => repository.close());
    const models = join(folder, 'models');

    const run = await setup([
      '--only=models',
      `--manifest=${manifestIn(folder, repository.url)}`,
      `--models=${models}`,
    ]);
    assert.equal(run.code, 0, run.output);
    assert.deepEqual(readFileSync(join(models, 'small/model.onnx')), files['model.onnx']);
    assert.deepEqual(repository.requests, ['/org/example/small/1.0.0/small-1.0.0.jar']);
  });

  test('a file that was changed on disk is fetched again', async (t) => {
    const folder = temporaryFolder(t);
    const repository = await startRepository(artefact);
    t.after(() => repository.close());
    const models = join(folder, 'models');
    const args = ['--only=models', `--manifest=${manifestIn(folder, repository.url)}`, `--models=${models}`];
    await setup(args);
    writeFileSync(join(models, 'small/model.onnx'), randomBytes(files['model.onnx'].length));

    const run = await setup(args);
    assert.equal(run.code, 0, run.output);
    assert.deepEqual(readFileSync(join(models, 'small/model.onnx')), files['model.onnx']);
  });

  test('a wrong checksum is reported in one sentence, and the file is not kept', async (t) => {
    const folder = temporaryFolder(t);
    const forged = jarOf({ 'inside/model': randomBytes(5_000), 'inside/tokenizer': files['tokenizer.json'] });
    const repository = await startRepository(forged);
    t.after(() => repository.close());
    const models = join(folder, 'models');

    const run = await setup([
      '--only=models',
      `--manifest=${manifestIn(folder, repository.url)}`,
      `--models=${models}`,
    ]);
    assertOneSentence(run, /small .*mvn-artifact-download: its model\.onnx does not have the SHA-256 of the manifest/);
    assert.equal(existsSync(join(models, 'small/model.onnx')), false);
  });

  test('an unreachable source, a broken-off download and a folder without the file are each reported in one sentence', async (t) => {
    const folder = temporaryFolder(t);
    const repository = await startRepository(artefact, { breaksOff: true });
    t.after(() => repository.close());
    const models = `--models=${join(folder, 'models')}`;

    const unreachable = await setup(['--only=models', `--manifest=${manifestIn(folder, NOWHERE)}`, models], {
      MODELS_SOURCE: folder,
    });
    assertOneSentence(
      unreachable,
      /the folder MODELS_SOURCE: model\.onnx is not in it; .*mvn-artifact-download: it could not be reached/,
    );
    const broken = await setup(['--only=models', `--manifest=${manifestIn(folder, repository.url)}`, models]);
    assertOneSentence(broken, /mvn-artifact-download: it could not be reached/);
  });

  test('a manifest that cannot be read is reported in one sentence', async (t) => {
    const folder = temporaryFolder(t);
    assertOneSentence(await setup(['--only=models', `--manifest=${join(folder, 'none.json')}`]), /manifest/);
  });
});

test('before set-up, by any Node, npx assay says in one sentence what to do', async (t) => {
  const folder = temporaryFolder(t);
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const file of ['package.json', bin.assay, 'src/cli.ts']) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), readFileSync(join(root, file)));
  }
  // A current Node lacks the packages, an older one cannot read TypeScript either.
  for (const options of [[], ['--no-strip-types']]) {
    const { status, stderr } = spawnSync(process.execPath, [...options, join(folder, bin.assay), 'ask', 'Why?']);
    assert.equal(status, 1);
    assert.equal(
      String(stderr),
      'Assay is not set up in this folder yet: run npm run setup (npm start does it too).\n',
    );
  }
});

test('after set-up, an older Node that starts assay from elsewhere is told to be too old, and not that set-up is missing', () => {
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const older = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { node: '24.1.0' } })`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', older, join(root, bin.assay), '--version']);
  assert.equal(status, 1);
  assert.equal(
    String(stderr),
    'Assay needs Node.js 26 or newer, and this is 24.1.0: in its folder, npx assay takes the one that set-up installed.\n',
  );
});

test('an option that does not exist is refused', async () => {
  const { code, output } = await setup(['--only=everything']);
  assert.equal(code, 1);
  assert.match(output, /Unknown option --only=everything/);
});

test('reading a jar never throws, whatever its bytes are', async () => {
  const { readFromJar } = await load('jar');
  const folder = mkdtempSync(join(tmpdir(), 'assay-jar-'));
  const path = join(folder, 'damaged.jar');
  try {
    writeFileSync(path, artefact);
    assert.deepEqual(readFromJar(path, 'inside/model'), files['model.onnx']);
    assert.equal(readFromJar(path, 'inside/other'), undefined);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(artefact.length - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.nat(artefact.length),
        (changes, length) => {
          // Only the end is changed: the archive's directory is there, and nearly every byte of it matters.
          const damaged = Buffer.from(artefact);
          for (const [back, byte] of changes) damaged[damaged.length - 1 - (back % 250)] = byte;
          writeFileSync(path, length % 3 === 0 ? damaged.subarray(0, length) : damaged);
          const content = readFromJar(path, 'inside/model');
          assert.ok(content === undefined || Buffer.isBuffer(content));
        },
      ),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('packages are installed again when, and only when, they differ from package-lock.json', async (t) => {
  const { dependenciesMatch } = await load('dependencies');
  const project = temporaryFolder(t);
  const write = (file: string, packages: object) => writeFileSync(join(project, file), JSON.stringify({ packages }));
  const entry = { version: '1.0.0', integrity: 'sha512-a' };
  const development = { version: '2.0.0', integrity: 'sha512-b', dev: true };
  const otherPlatform = { version: '3.0.0', integrity: 'sha512-c', optional: true };
  const matches = (omitDev = false) => dependenciesMatch({ project, omitDev });

  assert.equal(matches(), false, 'nothing installed');
  mkdirSync(join(project, 'node_modules/used'), { recursive: true });
  write('package-lock.json', {
    '': {},
    'node_modules/used': entry,
    'node_modules/tool': development,
    'node_modules/elsewhere': otherPlatform,
  });
  write('node_modules/.package-lock.json', { 'node_modules/used': entry });
  assert.equal(matches(), false, 'a development package is missing');
  assert.equal(matches(true), true, 'which an image leaves out');

  mkdirSync(join(project, 'node_modules/tool'));
  write('node_modules/.package-lock.json', { 'node_modules/used': entry, 'node_modules/tool': development });
  assert.equal(matches(), true);
  write('node_modules/.package-lock.json', {
    'node_modules/used': { ...entry, integrity: 'sha512-other' },
    'node_modules/tool': development,
  });
  assert.equal(matches(), false, 'another content');
  write('node_modules/.package-lock.json', { 'node_modules/used': entry, 'node_modules/tool': development });
  rmSync(join(project, 'node_modules/used'), { recursive: true });
  assert.equal(matches(), false, 'its folder is gone');
});

test('npm’s omit=dev does not leave out the Node that npm start needs, only npm run setup obeys it', async () => {
  const namesIn = async (npm_lifecycle_event: string) =>
    (await setup(['--only=dependencies'], { npm_config_omit: 'dev', npm_lifecycle_event })).output;
  assert.match(await namesIn('start'), /\(packages, runtime; /);
  assert.match(await namesIn('setup'), /\(packages; /);
});

test('only one set-up runs at a time, and one that died does not block the next', async (t) => {
  const { withLock } = await load('lock');
  const folder = temporaryFolder(t);
  const died = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(died, 'close');
  writeFileSync(join(folder, 'lock'), String(died.pid));
  assert.equal(
    await withLock(
      folder,
      () => assert.fail('it waited'),
      async () => 'done',
    ),
    'done',
  );
  assert.deepEqual(readdirSync(folder), []);

  const holder = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(holder, 'spawn');
  writeFileSync(join(folder, 'lock'), String(holder.pid));
  let waited = 0;
  const onWait = () => {
    waited++;
    holder.stdin.end();
  };
  await withLock(folder, onWait, async () => {});
  assert.equal(waited, 1);
});

test('the lock of a set-up that is at work is renewed, and one that is not is taken, though another process has its id by now', async (t) => {
  const { withLock } = await load('lock');
  const folder = temporaryFolder(t);
  const lock = join(folder, 'lock');
  const holder = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  t.after(() => holder.stdin.end());
  await once(holder, 'spawn');
  const waits: number[] = [];
  const inTurn = (work: () => Promise<unknown>) =>
    withLock(folder, () => waits.push(holder.pid!), work, { renewEveryMs: 50, looks: 4 });

  writeFileSync(lock, String(holder.pid));
  await inTurn(async () => {
    assert.equal(Number(readFileSync(lock, 'utf8')), process.pid);
    const { mtimeMs } = statSync(lock);
    while (statSync(lock).mtimeMs === mtimeMs) await setTimeout(10);
  });
  assert.deepEqual(waits, [holder.pid]);

  writeFileSync(lock, String(holder.pid));
  const renewing = setInterval(() => utimesSync(lock, new Date(), new Date()), 50);
  let isTaken = false;
  const taken = inTurn(async () => {
    isTaken = true;
  });
  await setTimeout(2_000);
  assert.equal(isTaken, false);
  clearInterval(renewing);
  await taken;
});

test('a folder for the weights that begins with ~ is refused before anything is made', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs'), '--only=models'], {
    encoding: 'utf8',
    env: { ...process.env, MODELS_DIR: '~/weights' },
  });
  assert.equal(stderr, 'Set-up failed: MODELS_DIR must be written out, since ~ means your home only to a shell.\n');
  assert.equal(status, 1);
});

test('setupFacts says what is installed', () => {
  const facts = setupFacts(root);
  assert.equal(facts.runtime.version, process.version);
  assert.equal(facts.faiss.present, true);
  assert.deepEqual(facts.models, [{ name: 'e5-small-v2-q', present: true, verified: true }]);
  assert.deepEqual(setupFacts(root, '/nonexistent').models, [
    { name: 'e5-small-v2-q', present: false, verified: false },
  ]);
});

test('packages are installed again even by a Node that is itself removed with them', async (t) => {
  const project = temporaryFolder(t);
  const names = { name: 'empty', version: '1.0.0' };
  writeFileSync(join(project, 'package.json'), JSON.stringify(names));
  writeFileSync(
    join(project, 'package-lock.json'),
    JSON.stringify({ ...names, lockfileVersion: 3, requires: true, packages: { '': names } }),
  );
  const own = join(project, 'node_modules/own-node');
  mkdirSync(join(project, 'node_modules'));
  linkSync(realpathSync(process.execPath), own);
  const script = `
    import { rmSync } from 'node:fs';
    const { installDependencies } = await import(${dependencies});
    rmSync(${JSON.stringify(own)});
    await installDependencies({ project: ${JSON.stringify(project)}, omitDev: false, step: { doing() {} } });`;
  // What npm tells its scripts: where npm itself is, and the Node it runs on.
  const npm = spawnSync('npm', ['exec', '--yes=false', '-c', 'printf "%s\\n" "$npm_execpath" "$npm_node_execpath"'], {
    cwd: project,
    env: {
      PATH: process.env.PATH?.split(delimiter)
        .filter((each) => !each.includes('node_modules'))
        .join(delimiter),
    },
    encoding: 'utf8',
  });
  const [npm_execpath, npm_node_execpath] = npm.stdout.trim().split('\n');
  const child = spawn(own, ['--input-type=module', '-e', script], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_execpath, npm_node_execpath },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (told += text));
  const [code] = await once(child, 'close');
  assert.equal(code, 0, told);
});

test('a disk that is full while packages are installed is told in one sentence, also where npm does not fail and no log can be written', async (t) => {
  const project = temporaryFolder(t);
  writeFileSync(join(project, '.setup'), ''); // in the place of the folder for logs
  const record = join(project, 'node_modules/.package-lock.json');
  mkdirSync(join(project, 'node_modules'));
  const npm = join(project, 'npm-cli.js');
  const script = `
    const { installDependencies } = await import(${dependencies});
    const options = { project: ${JSON.stringify(project)}, omitDev: false, step: { doing() {} } };
    await installDependencies(options).catch((error) => console.log(error.constructor.name, error.message));`;
  for (const code of [0, 1]) {
    writeFileSync(record, '{"packages":{}}');
    writeFileSync(npm, `console.error('npm warn tar TAR_ENTRY_ERROR ENOSPC: no space'); process.exit(${code});`);
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, npm_execpath: npm, npm_node_execpath: process.execPath },
    });
    const told = 'SetupError The packages of package-lock.json could not be installed: the disk is full.\n';
    assert.equal(stdout + stderr, told);
    assert.equal(existsSync(record), false, 'or the next set-up would take them for installed');
  }
});

/** Calls one of set-up's functions on `project` in a process of its own. @returns what it results in, as text */
function callSetup(project: string, call: string, env: Record<string, string> = {}) {
  const script = `
    const { installDependencies, installRuntime, runtimeMatches } = await import(${dependencies});
    const project = ${JSON.stringify(project)};
    const step = { doing() {} };
    console.log(await (${call}).catch((error) => error.constructor.name + ' ' + error.message));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
  return stdout + stderr;
}

test('packages are installed by npm also where yarn or another package manager has started set-up', (t) => {
  const project = temporaryFolder(t);
  const yarn = join(project, 'yarn.js');
  writeFileSync(yarn, 'process.exit(1);');
  const env = { PATH: pathWithoutNpm(project), npm_execpath: yarn, npm_node_execpath: process.execPath };
  const call = 'installDependencies({ project, omitDev: false, step })';
  assert.equal(callSetup(project, call, env), '0 packages\n');
});

test('packages are installed also where npm is told to be strict about the versions of Node that they ask for', (t) => {
  const project = temporaryFolder(t);
  const names = { name: 'later', version: '1.0.0', engines: { node: '>=999' } };
  writeFileSync(join(project, 'package.json'), JSON.stringify(names));
  const lock = { lockfileVersion: 3, requires: true, packages: { '': names } };
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ ...names, ...lock }));
  const env = { HOME: project, npm_config_engine_strict: 'true' };
  const call = 'installDependencies({ project, omitDev: false, step })';
  assert.equal(callSetup(project, call, env), '0 packages\n');
});

/** A project with one package, which stands in a folder of it, is optional and has a command. */
function projectWithTool(t: TestContext) {
  const project = temporaryFolder(t);
  const tool = { name: 'tool', version: '1.0.0', bin: { tool: 'tool.js' } };
  const names = { name: 'later', version: '1.0.0', optionalDependencies: { tool: 'file:tool' } };
  const link = { resolved: 'tool', link: true, optional: true };
  const packages = { '': names, tool: { ...tool, optional: true }, 'node_modules/tool': link };
  mkdirSync(join(project, 'tool'));
  writeFileSync(join(project, 'tool/package.json'), JSON.stringify(tool));
  writeFileSync(join(project, 'tool/tool.js'), '#!/usr/bin/env node\n');
  writeFileSync(join(project, 'package.json'), JSON.stringify(names));
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ ...names, lockfileVersion: 3, packages }));
  return project;
}

for (const [setting, value] of [
  ['bin_links', 'false'],
  ['dry_run', 'true'],
  ['global', 'true'],
  ['location', 'global'],
  ['omit', 'optional'],
  ['package_lock_only', 'true'],
] as const)
  test(`packages and their commands are installed in the project also where npm's ${setting} is ${value}`, (t) => {
    const project = projectWithTool(t);
    const env = { HOME: project, [`npm_config_${setting}`]: value };
    callSetup(project, 'installDependencies({ project, omitDev: false, step })', env);
    assert.ok(existsSync(join(project, 'node_modules/.bin/tool')));
  });

test('a set-up that is interrupted ends the npm that it runs, which would disturb the next one', async (t) => {
  const project = temporaryFolder(t);
  const bin = join(project, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\necho $$ > pid.new\nmv pid.new pid\nexec sleep 20\n', { mode: 0o755 });
  const script = `const { run } = await import(${JSON.stringify(new URL('../scripts/setup/run.mjs', import.meta.url))});
    await run('npm', [], { timeoutMs: 60_000, cwd: ${JSON.stringify(project)} });`;
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  const setup = spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: 'ignore' });
  while (!existsSync(join(project, 'pid'))) await setTimeout(20);
  const npm = Number(readFileSync(join(project, 'pid'), 'utf8'));
  setup.kill('SIGINT');
  await once(setup, 'exit');
  assert.equal(setup.exitCode, 130);
  const state = existsSync(`/proc/${npm}/stat`) ? readFileSync(`/proc/${npm}/stat`, 'utf8').split(' ')[2] : 'gone';
  if (state !== 'gone' && state !== 'Z') process.kill(npm, 'SIGKILL');
  assert.match(state!, /gone|Z/);
});

/** The PATH on which `npm` is a command that does nothing. */
function pathWithoutNpm(project: string) {
  const bin = join(project, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\n', { mode: 0o755 });
  return `${bin}${delimiter}${process.env.PATH}`;
}

/** A project whose pinned Node is a shell script. */
function projectWithNode(t: TestContext, script: string) {
  const project = temporaryFolder(t);
  const packages = { 'node_modules/node': { version: '26.0.0' } };
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ packages }));
  mkdirSync(join(project, 'node_modules/.bin'), { recursive: true });
  writeFileSync(join(project, 'node_modules/.bin/node'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return project;
}

test('the Node that set-up installed is taken for good though the machine adds its own words to what it prints', (t) => {
  const noise = 'ERROR: ld.so: object /none.so from LD_PRELOAD cannot be preloaded: ignored.';
  const project = projectWithNode(t, `echo '${noise}' >&2\necho v26.0.0`);
  assert.equal(callSetup(project, 'runtimeMatches(project)'), 'true\n');
});

test('a Node that does not take the NODE_OPTIONS of an older one is not said to lack anything', (t) => {
  const refusing = 'echo "node: $NODE_OPTIONS is not allowed in NODE_OPTIONS" >&2; exit 9';
  const project = projectWithNode(t, `[ -z "$NODE_OPTIONS" ] || { ${refusing}; }\necho v26.0.0`);
  const env = { PATH: pathWithoutNpm(project), NODE_OPTIONS: '--no-deprecation' };
  assert.equal(
    callSetup(project, 'installRuntime({ project, step })', env),
    'SetupError Node 26.0.0 does not take what NODE_OPTIONS holds: unset it and run this again.\n',
  );
});

test('npm install, by hand, runs no package’s install script: some fetch from hosts that not every machine can reach', () => {
  const { stdout } = spawnSync('npm', ['config', 'get', 'ignore-scripts'], { cwd: root, encoding: 'utf8' });
  assert.equal(stdout.trim(), 'true');
});
