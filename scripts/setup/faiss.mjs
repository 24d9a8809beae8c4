import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFaiss } from './faiss-build.mjs';
import { fetchPrebuiltFaiss } from './faiss-prebuilt.mjs';
import { run } from './run.mjs';
import { SetupError } from './setup-error.mjs';
import { installPackages, mayInstallPackages, missingBuildPackages } from './system-packages.mjs';

/** @typedef {{ kind: 'built' | 'prebuilt' | 'found', faissVersion: string, notes: string[], sources: string | null, bytes: number, mtimeMs: number }} FaissRecord */

const RELEASE = 'node_modules/faiss-node/build/Release';
const BINDING = `${RELEASE}/faiss-node.node`;

/**
 * What set-up recorded about the binding, if the file is still the one that it placed and is up to date.
 * @param {string} project @returns {FaissRecord | undefined}
 */
export function faissRecord(project) {
  try {
    const record = JSON.parse(readFileSync(join(project, '.setup/faiss.json'), 'utf8'));
    const { size, mtimeMs } = statSync(join(project, BINDING));
    // Container images keep times in whole seconds.
    const isOurs = record.bytes === size && Math.abs(record.mtimeMs - mtimeMs) < 1000;
    return isOurs && !isOutdated(project) ? record : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the binding was built from an older version of our sources.
 * @param {string} project
 */
function isOutdated(project) {
  try {
    const { kind, sources } = JSON.parse(readFileSync(join(project, '.setup/faiss.json'), 'utf8'));
    const current = hashOfSources(project);
    return kind === 'built' && current !== null && sources !== current;
  } catch {
    return false;
  }
}

/** @param {string} project @returns {string | null} null where our sources were left out, as in an image */
function hashOfSources(project) {
  const folder = join(project, 'native');
  if (!existsSync(folder)) return null;
  const hash = createHash('sha256').update(readFileSync(new URL('faiss-patch.mjs', import.meta.url)));
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

/** @param {string} project */
export const faissPresent = (project) => existsSync(join(project, BINDING));

/**
 * Puts a working native binding where faiss-node looks for it: our own build where it can be made, because it is several times faster and
 * survives FAISS's exceptions, or else the published binary.
 * @param {{ project: string, step: import('./progress.mjs').Step, ways?: ('built' | 'prebuilt')[] }} options
 */
export async function installFaiss({ project, step, ways = ['built', 'prebuilt'] }) {
  if (!existsSync(join(project, 'node_modules/faiss-node'))) {
    throw new SetupError('The package faiss-node is not installed: run the set-up of the dependencies first.');
  }
  if (faissPresent(project) && !isOutdated(project) && (await answers(join(project, BINDING))).ok) {
    return record(project, { kind: 'found', faissVersion: 'unknown', notes: [], sources: null });
  }
  const problems = [];
  for (const kind of ways) {
    const folder = join(project, '.setup/faiss');
    rmSync(folder, { recursive: true, force: true }); // from an interrupted set-up
    try {
      const result = await (kind === 'built' ? build : fetchPrebuilt)({ project, folder, step });
      if ('problem' in result) {
        problems.push(`${kind === 'built' ? 'own build' : 'published binary'}: ${result.problem}`);
        continue;
      }
      step.doing('checking its answers');
      const check = await answers(result.file);
      if (!check.ok) {
        problems.push(`${kind === 'built' ? 'own build' : 'published binary'}: ${check.problem}`);
        continue;
      }
      place(result.file, project);
      const sources = kind === 'built' ? hashOfSources(project) : null;
      return record(project, { kind, faissVersion: result.faissVersion, notes: result.notes, sources });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  throw new SetupError(`faiss-node's native binding could not be had (${problems.join('; ')}).`);
}

/** @param {{ project: string, folder: string, step: import('./progress.mjs').Step }} options */
async function build({ project, folder, step }) {
  if (process.platform !== 'linux') return { problem: 'it is made on Linux only' };
  let missing = await missingBuildPackages();
  if (missing.length > 0 && mayInstallPackages()) {
    step.doing(`installing ${missing.join(', ')}`);
    await installPackages(missing, join(project, '.setup/packages'));
    missing = await missingBuildPackages();
  }
  if (missing.length > 0) {
    const names = missing.join(' ');
    return { problem: `it needs ${names} (on Debian and Ubuntu: sudo apt-get install ${names})` };
  }
  step.doing('compiling');
  return buildFaiss({ project, folder, log: join(project, '.setup/faiss-build.log') });
}

/** @param {{ project: string, folder: string, step: import('./progress.mjs').Step }} options */
function fetchPrebuilt({ project, folder, step }) {
  step.doing('fetching the published binary');
  return fetchPrebuiltFaiss({ project, folder, log: join(project, '.setup/faiss-prebuilt.log') });
}

/** @param {string} file */
async function answers(file) {
  const smoke = fileURLToPath(new URL('faiss-smoke.mjs', import.meta.url));
  const { ok, output } = await run(process.execPath, [smoke, file], { timeoutMs: 30_000 });
  if (ok) return { ok: true, problem: '' };
  if (output.includes('wrong result')) {
    return {
      ok: false,
      problem: 'it computes wrong results on this processor (an older OpenBLAS may need OPENBLAS_CORETYPE=Haswell)',
    };
  }
  const library = /(lib[\w.-]+): cannot open shared object/.exec(output)?.[1];
  return { ok: false, problem: library ? `it needs the library ${library}` : 'it does not run on this machine' };
}

/**
 * Moves the binding to its place with its whole folder, in which the published binary has libraries; by one rename, once all is copied.
 * @param {string} file @param {string} project
 */
function place(file, project) {
  const target = join(project, RELEASE);
  const staged = `${target}.${process.pid}`;
  mkdirSync(dirname(target), { recursive: true });
  cpSync(dirname(file), staged, { recursive: true, filter: (from) => !from.endsWith('.cc') });
  rmSync(target, { recursive: true, force: true });
  renameSync(staged, target);
}

/**
 * @param {string} project @param {Omit<FaissRecord, 'bytes' | 'mtimeMs'>} facts
 */
function record(project, facts) {
  const { size, mtimeMs } = statSync(join(project, BINDING));
  const written = { ...facts, bytes: size, mtimeMs: Math.round(mtimeMs) };
  mkdirSync(join(project, '.setup'), { recursive: true });
  writeFileSync(join(project, '.setup/faiss.json'), `${JSON.stringify(written, null, 2)}\n`);
  return written;
}
