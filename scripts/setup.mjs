// Gets a fresh clone ready: packages, the runtime, the native FAISS binding and the embedded models' weights.
// Plain JavaScript for Node 20 or newer, without dependencies, because it runs before any are installed.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as util from 'node:util';
import {
  dependenciesMatch,
  installDependencies,
  installRuntime,
  pinnedRuntime,
  runtimeMatches,
} from './setup/dependencies.mjs';
import { faissRecord, installFaiss } from './setup/faiss.mjs';
import { withLock } from './setup/lock.mjs';
import { installModel, modelVerified, readManifest } from './setup/models.mjs';
import { createProgress, elapsed } from './setup/progress.mjs';
import { SetupError } from './setup/setup-error.mjs';

const STEPS = ['dependencies', 'faiss', 'models'];
const USAGE = `Usage: node scripts/setup.mjs [--only=${STEPS.join(',')}] [--omit=dev] [--manifest=FILE] [--models=FOLDER]

MODELS_DIR     where the embedded models' weights go (default ./.models)
MODELS_SOURCE  a folder that has them, tried before the package registry
Both can also be set in .env.`;

const project = resolve(fileURLToPath(import.meta.url), '../..');
const settings = { ...readEnvFile(), ...process.env };

/** @param {string[]} args */
function readOptions(args) {
  for (const name of ['MODELS_DIR', 'MODELS_SOURCE'])
    if (/^~(\/|$)/.test(settings[name] ?? ''))
      throw new SetupError(`${name} must be written out, since ~ means your home only to a shell.`);
  const options = {
    only: STEPS,
    // The pinned runtime is a development package. So NODE_ENV=production leaves nothing out, and npm's own setting does so only where
    // nothing is run afterwards.
    omitDev: process.env.npm_config_omit === 'dev' && process.env.npm_lifecycle_event === 'setup',
    manifest: join(project, 'src/models/manifest.json'),
    models: resolve(project, settings.MODELS_DIR || '.models'),
    localFolder: settings.MODELS_SOURCE && resolve(project, settings.MODELS_SOURCE),
  };
  for (const arg of args) {
    const [name, value = ''] = arg.split(/=(.*)/s);
    if (name === '--only' && value.split(',').every((step) => STEPS.includes(step))) options.only = value.split(',');
    else if (name === '--omit' && value === 'dev') options.omitDev = true;
    else if (name === '--manifest' && value) options.manifest = resolve(value);
    else if (name === '--models' && value) options.models = resolve(value);
    else throw new SetupError(`Unknown option ${arg}.\n${USAGE}`);
  }
  return options;
}

/** @returns {{ [name: string]: string | undefined }} */
function readEnvFile() {
  const file = join(project, '.env');
  // Node has parseEnv from 20.12 on.
  return existsSync(file) ? (util.parseEnv?.(readFileSync(file, 'utf8')) ?? {}) : {};
}

/**
 * The jobs of set-up. Each has a cheap check; only a job whose check fails is done.
 * @param {ReturnType<typeof readOptions>} options
 */
function jobs({ only, omitDev, manifest, models, localFolder }) {
  const list = [];
  if (only.includes('dependencies')) {
    list.push({
      name: 'packages',
      check: async () => dependenciesMatch({ project, omitDev }),
      work: (/** @type {Step} */ step) => installDependencies({ project, omitDev, step }),
    });
    // Without development packages, as in the container image, the runtime is the Node that runs this.
    if (!omitDev && pinnedRuntime(project)) {
      list.push({
        name: 'runtime',
        check: () => runtimeMatches(project),
        work: (/** @type {Step} */ step) => installRuntime({ project, step }),
      });
    }
  }
  if (only.includes('faiss')) {
    list.push({
      name: 'faiss-node',
      check: async () => faissRecord(project) !== undefined,
      work: async (/** @type {Step} */ step) => {
        const { kind, faissVersion, notes } = await installFaiss({ project, step });
        return [`${kind}, FAISS ${faissVersion}`, ...notes].join('; ');
      },
    });
  }
  if (only.includes('models')) {
    for (const model of readManifest(manifest)) {
      list.push({
        name: `model ${model.name}`,
        check: async () => modelVerified(model, models),
        work: async (/** @type {Step} */ step) =>
          `from ${await installModel({ model, models, project, localFolder, step })}`,
      });
    }
  }
  return list;
}

/** @typedef {import('./setup/progress.mjs').Step} Step */

async function main() {
  if (Number.parseInt(process.versions.node, 10) < 20) {
    throw new SetupError(`Set-up needs Node 20 or newer, and this is ${process.version}.`);
  }
  const startedAt = performance.now();
  const progress = createProgress(process.stderr);
  const todo = jobs(readOptions(process.argv.slice(2)));
  const names = todo.map(({ name }) => name).join(', ');

  let ready = true;
  for (const { check } of todo) ready &&= await check();
  if (ready) {
    progress.line(`Set-up: already complete (${names}; checked in ${elapsed(startedAt)}).`);
    return;
  }

  const onWait = () => progress.line('  another set-up is at work in this folder, waiting for it …');
  await withLock(join(project, '.setup'), onWait, async () => {
    for (const { name, check, work } of todo) {
      const step = progress.step(name);
      try {
        step.done((await check()) ? 'already there' : await work(step));
      } catch (error) {
        step.failed();
        throw error;
      }
    }
  });
  progress.line(`Set-up: complete in ${elapsed(startedAt)}.`);
}

try {
  await main();
} catch (error) {
  // People get one sentence; DEBUG=1 adds the stack of an unforeseen failure.
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`Set-up failed: ${message}\n`);
  if (process.env.DEBUG && error instanceof Error && !(error instanceof SetupError)) {
    process.stderr.write(`${error.stack}\n`);
  }
  process.exitCode = 1;
}
