import { statfsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Below so many free bytes nothing is kept: for each file that finds no room, Node (26.10) leaves an empty one, at each start others. */
const leastFree = 2 ** 26;
const project = new URL('../', import.meta.url);

/**
 * Keeps what is compiled for the next start, which spares commands a fifth of their time. To be imported first: it counts
 * for what is imported dynamically afterwards, and for the processes that this one starts. It lies in the project's own
 * folder, since code in the system's temporary one could be put there by others. Where it can't be written, as in the
 * image, nothing is kept.
 */
function keepCompiled() {
  const { bavail, bsize } = statfsSync(project);
  if (bavail * bsize < leastFree) return;
  process.env.NODE_COMPILE_CACHE ||= fileURLToPath(new URL('.setup/compiled', project));
  enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

keepCompiled();
