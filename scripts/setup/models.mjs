import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelSources } from './model-sources.mjs';
import { SetupError } from './setup-error.mjs';

/** @typedef {import('./model-sources.mjs').Model} Model */

/** The file that records what was verified, so that later starts compare sizes and times instead of hashing megabytes. */
const STAMP = '.verified.json';

/** @param {string} manifest @returns {Model[]} */
export function readManifest(manifest) {
  try {
    return JSON.parse(readFileSync(manifest, 'utf8')).models;
  } catch {
    throw new SetupError(`The model manifest ${manifest} is missing or is not JSON.`);
  }
}

/**
 * Whether every file of the model is there with the manifest's SHA-256. Hashes only files that changed since they were last verified.
 * @param {Model} model @param {string} models the folder of all models
 */
export function modelVerified(model, models) {
  const folder = join(models, model.name);
  const stamp = readStamp(folder);
  let hashed = false;
  const verified = model.files.every(({ file, bytes, sha256 }) => {
    const path = join(folder, file);
    if (!existsSync(path)) return false;
    const { size, mtimeMs } = statSync(path);
    if (size !== bytes) return false;
    const known = stamp[file];
    if (known?.sha256 === sha256 && known.mtimeMs === mtimeMs) return true;
    hashed = true;
    return hash(readFileSync(path)) === sha256;
  });
  if (verified && hashed) writeStamp(model, folder);
  return verified;
}

/**
 * Installs the files of one model from the first source that has the right ones.
 * @returns the source's label
 * @throws SetupError where no source has them
 * @param {{ model: Model, models: string, project: string, localFolder?: string, step: import('./progress.mjs').Step }} options
 */
export async function installModel({ model, models, project, localFolder, step }) {
  const folder = join(models, model.name);
  const temporary = join(models, `.${model.name}`);
  rmSync(temporary, { recursive: true, force: true }); // from an interrupted set-up
  const problems = [];
  try {
    const onFraction = (/** @type {number} */ fraction) => step.doing(`fetching ${model.name}`, fraction);
    for (const source of modelSources(model, { project, folder: temporary, localFolder, onFraction })) {
      step.doing(`fetching ${model.name}`);
      const problem = await takeFrom(source, { model, folder, temporary });
      if (problem === undefined) {
        writeStamp(model, folder);
        return source.label;
      }
      problems.push(`${source.label}: ${problem}`);
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  const files = model.files.map(({ file }) => file).join(' and ');
  throw new SetupError(
    `The model ${model.name} could not be had (${problems.join('; ')}); MODELS_SOURCE may name a folder that has its ${files}.`,
  );
}

/**
 * Installs a model's files from one source, if they are the manifest's.
 * @param {import('./model-sources.mjs').Source} source
 * @param {{ model: Model, folder: string, temporary: string }} options
 * @returns {Promise<string | undefined>} what is wrong, if anything
 */
async function takeFrom(source, { model, folder, temporary }) {
  const opened = await source.open();
  if ('problem' in opened) return opened.problem;
  mkdirSync(temporary, { recursive: true });
  for (const { file, bytes, sha256 } of model.files) {
    const content = opened.read(file);
    if (!content) return `${file} is not in it`;
    if (content.length !== bytes) return `its ${file} has ${content.length} bytes, the manifest says ${bytes}`;
    if (hash(content) !== sha256) return `its ${file} does not have the SHA-256 of the manifest`;
    writeFileSync(join(temporary, file), content, { flush: true });
  }
  mkdirSync(folder, { recursive: true });
  for (const { file } of model.files) renameSync(join(temporary, file), join(folder, file));
  return undefined;
}

/** @param {Buffer} content */
const hash = (content) => createHash('sha256').update(content).digest('hex');

/** @param {string} folder @returns {{ [file: string]: { sha256: string, mtimeMs: number } | undefined }} */
function readStamp(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, STAMP), 'utf8'));
  } catch {
    return {};
  }
}

/** @param {Model} model @param {string} folder */
function writeStamp(model, folder) {
  const stamp = Object.fromEntries(
    model.files.map(({ file, sha256 }) => [file, { sha256, mtimeMs: statSync(join(folder, file)).mtimeMs }]),
  );
  try {
    writeFileSync(join(folder, STAMP), JSON.stringify(stamp));
  } catch {
    // The folder may be read-only; its files are then hashed each time.
  }
}
