import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { run } from './run.mjs';

/**
 * Fetches the binary that faiss-node's authors publish, like the package's own install script, but into a given folder and with a timeout.
 * @param {{ project: string, folder: string, log: string }} options `folder`: an empty one to work in
 * @returns {Promise<{ file: string, faissVersion: string, notes: string[] } | { problem: string }>}
 */
export async function fetchPrebuiltFaiss({ project, folder, log }) {
  const faissNode = join(project, 'node_modules/faiss-node/package.json');
  let tool;
  try {
    tool = createRequire(faissNode).resolve('prebuild-install/bin.js');
  } catch {
    return { problem: 'prebuild-install is not installed' };
  }
  mkdirSync(folder, { recursive: true });
  copyFileSync(faissNode, join(folder, 'package.json'));
  const result = await run(process.execPath, [tool, '--runtime', 'napi', '--verbose'], {
    cwd: folder,
    timeoutMs: 20_000,
    log,
  });
  const file = join(folder, 'build/Release/faiss-node.node');
  if (result.timedOut) return { problem: 'its host did not answer in 20 s' };
  if (!result.ok || !existsSync(file))
    return { problem: 'its host could not be reached, or has none for this machine' };
  // The package states the version of its FAISS only in the command that would clone it.
  const install = JSON.parse(readFileSync(faissNode, 'utf8')).scripts?.install ?? '';
  return { file, faissVersion: /-b v([\d.]+)/.exec(install)?.[1] ?? 'unknown', notes: [] };
}
