import { existsSync, readdirSync } from 'node:fs';
import { run } from './run.mjs';

/** What compiling the binding needs, by Debian's and Ubuntu's package names. */
const BUILD_PACKAGES = ['g++', 'libfaiss-dev', 'libopenblas-dev'];

/** Those of BUILD_PACKAGES that this machine lacks. */
export async function missingBuildPackages() {
  const compiler = await run('g++', ['--version'], { timeoutMs: 10_000 });
  const has = {
    'g++': compiler.ok,
    'libfaiss-dev': existsSync('/usr/include/faiss/IndexFlat.h'),
    'libopenblas-dev': libraryFolders().some((folder) => existsSync(`${folder}/libopenblas.so`)),
  };
  return BUILD_PACKAGES.filter((name) => !has[/** @type {keyof typeof has} */ (name)]);
}

/** Whether packages can be installed without anybody's consent: as root, on a system with apt. */
export function mayInstallPackages() {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/**
 * Installs packages with apt.
 * @param {string[]} packages
 * @param {string} log the path of its logs, without the extension
 * @returns {Promise<boolean>} whether they were installed
 */
export async function installPackages(packages, log) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // On an offline machine this should fail soon.
  const quick = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=15', '-o', 'Acquire::https::Timeout=15'];
  await run('apt-get', [...quick, 'update'], { timeoutMs: 180_000, env, log: `${log}-update.log` });
  const args = [...quick, 'install', '-y', '--no-install-recommends', ...packages];
  return (await run('apt-get', args, { timeoutMs: 600_000, env, log: `${log}.log` })).ok;
}

/** /usr/lib and its folders for one architecture, such as /usr/lib/x86_64-linux-gnu. */
function libraryFolders() {
  const root = '/usr/lib';
  if (!existsSync(root)) return [];
  const inside = readdirSync(root).filter((name) => name.includes('-linux-'));
  return [root, `${root}64`, ...inside.map((name) => `${root}/${name}`)];
}
