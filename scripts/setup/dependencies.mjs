import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { SetupError } from './setup-error.mjs';
import { installPackages, mayInstallPackages } from './system-packages.mjs';

/** @typedef {{ version?: string, integrity?: string, dev?: boolean, optional?: boolean, devOptional?: boolean, peer?: boolean }} Entry */

/**
 * Compares what npm last installed (its own record inside node_modules) with package-lock.json.
 * @param {{ project: string, omitDev: boolean }} where
 */
export function dependenciesMatch({ project, omitDev }) {
  const wanted = lockedPackages(join(project, 'package-lock.json'));
  const installed = lockedPackages(join(project, 'node_modules/.package-lock.json'));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || (omitDev && (entry.dev || entry.devOptional))) return true;
    const found = installed[path];
    if (!found) return Boolean(entry.optional || entry.devOptional);
    return found.version === entry.version && found.integrity === entry.integrity && existsSync(join(project, path));
  });
}

/**
 * Installs the packages of package-lock.json without their install scripts: those of faiss-node and onnxruntime-node fetch from hosts that
 * not every machine can reach, and the parts that are needed are obtained in other ways.
 * @param {{ project: string, omitDev: boolean, step: import('./progress.mjs').Step }} options
 */
export async function installDependencies({ project, omitDev, step }) {
  step.doing('installing packages');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', omitDev ? '--omit=dev' : '--include=dev'];
  args.push('--include=optional'); // the parts of packages that are made for this machine
  // With npm's default pauses between tries, an offline machine would wait for over a minute.
  args.push('--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=8000');
  await npm(project, args, 'dependencies', 'The packages of package-lock.json could not be installed');
  return `${Object.keys(lockedPackages(join(project, 'node_modules/.package-lock.json')) ?? {}).length} packages`;
}

/** The version of Node that package-lock.json pins, if any. @param {string} project */
export function pinnedRuntime(project) {
  return lockedPackages(join(project, 'package-lock.json'))?.['node_modules/node']?.version;
}

/** The pinned Node inside node_modules. @param {string} project */
const runtimePath = (project) => join(project, 'node_modules/.bin/node');

/** @param {string} project */
export async function runtimeMatches(project) {
  return (await lookAtRuntime(project)).ok;
}

/** @param {string} project @param {NodeJS.ProcessEnv} [env] */
async function lookAtRuntime(project, env) {
  const path = runtimePath(project);
  const wanted = `v${pinnedRuntime(project)}`;
  if (!existsSync(path)) return { ok: false, output: '' };
  if (realpathSync(path) === realpathSync(process.execPath)) return { ok: process.version === wanted, output: '' };
  const { ok, output } = await run(path, ['--version'], { timeoutMs: 10_000, ...(env && { env }) });
  // The machine may have something to say as well, such as of a library to preload that isn't there.
  return { ok: ok && output.split('\n').includes(wanted), output };
}

/**
 * Installs the pinned Node. The npm package `node` contains the runtime, and its install script, the only one that is run, places it.
 * @param {{ project: string, step: import('./progress.mjs').Step }} options
 */
export async function installRuntime({ project, step }) {
  const version = pinnedRuntime(project);
  const complaint = `Node ${version} could not be installed into node_modules`;
  step.doing(`installing Node ${version}`);
  await npm(project, ['rebuild', 'node', '--ignore-scripts=false'], 'runtime', complaint);
  let look = await lookAtRuntime(project);
  // Small Debian systems lack the one library that Node needs besides those of C and C++.
  const lacksLibrary = look.output.includes('libatomic.so.1');
  if (lacksLibrary && mayInstallPackages()) {
    step.doing('installing libatomic1');
    await installPackages(['libatomic1'], join(project, '.setup/packages'));
    look = await lookAtRuntime(project);
  }
  if (look.ok) return `Node ${version}`;
  const { NODE_OPTIONS, ...env } = process.env;
  if (NODE_OPTIONS && (await lookAtRuntime(project, env)).ok)
    throw new SetupError(`Node ${version} does not take what NODE_OPTIONS holds: unset it and run this again.`);
  // It is first on npm's PATH, so a Node that doesn't run would prevent set-up itself from being started again.
  for (const path of ['.bin/node', 'node/bin', 'node/node_modules']) {
    rmSync(join(project, 'node_modules', path), { recursive: true, force: true });
  }
  throw new SetupError(
    lacksLibrary
      ? `Node ${version} needs the library libatomic.so.1: install it (on Debian and Ubuntu: sudo apt-get install libatomic1) and run it again.`
      : `${complaint}: it does not run on this machine (${process.platform} ${process.arch}; on Linux it needs glibc 2.28 or newer).`,
  );
}

/**
 * What set-up needs of npm, whatever the machine or its user have set for other projects: packages and their commands in node_modules,
 * each in its place. Some packages ask for a newer Node than the one that runs npm; they are used with the pinned one.
 */
const npmSettings = {
  bin_links: 'true',
  dry_run: 'false',
  engine_strict: 'false',
  global: 'false',
  install_strategy: 'hoisted',
  location: 'project',
  package_lock_only: 'false',
};

/** The environment with these settings, which so reach the npm that an install script runs, too. */
function npmEnvironment() {
  const isSet = (/** @type {string} */ name) => name.replace(/^npm_config_/i, '').toLowerCase() in npmSettings;
  const others = Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name) || !isSet(name));
  const ours = Object.entries(npmSettings).map(([name, value]) => [`npm_config_${name}`, value]);
  return Object.fromEntries([...others, ...ours]);
}

/**
 * Runs npm.
 * @param {string} project @param {string[]} args
 * @param {string} log the name of its log in .setup, without the extension
 * @param {string} complaint what the SetupError says if it fails, without the cause
 */
async function npm(project, args, log, complaint) {
  // If npm started this process, it says where npm and its Node are (yarn does the same, of itself); otherwise npm is looked for on the
  // PATH. The Node that runs this may be the one in node_modules, which disappears while packages are installed.
  const { npm_execpath: script, npm_node_execpath: node = process.execPath } = process.env;
  const [command, first] = script?.endsWith('npm-cli.js') ? [node, [script]] : ['npm', []];
  const result = await run(command, [...first, ...args], {
    cwd: project,
    env: npmEnvironment(),
    timeoutMs: 15 * 60_000,
    log: join(project, `.setup/${log}.log`),
  });
  // npm ends well although it found no room for some files, and records their packages as installed.
  const isFull = /\bENOSPC\b/.test(result.output);
  if (result.ok && !isFull) return;
  if (result.missing) throw new SetupError(`${complaint}: npm was not found on the PATH.`);
  if (isFull) {
    rmSync(join(project, 'node_modules/.package-lock.json'), { force: true });
    throw new SetupError(`${complaint}: the disk is full.`);
  }
  const code = /npm (?:error|ERR!) code (\w+)/.exec(result.output)?.[1];
  const cause = result.timedOut ? 'npm did not finish in 15 minutes' : `npm failed${code ? ` with ${code}` : ''}`;
  throw new SetupError(`${complaint}: ${cause} (its output is in .setup/${log}.log).`);
}

/** @param {string} file @returns {Record<string, Entry> | undefined} */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
