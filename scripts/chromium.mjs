// Finds a Chromium for the page's tests; as root on a system with apt, installs one if there is none.
// `node scripts/chromium.mjs` prints its path.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './setup/lock.mjs';
import { SetupError } from './setup/setup-error.mjs';
import { installPackages, mayInstallPackages } from './setup/system-packages.mjs';

const project = resolve(fileURLToPath(import.meta.url), '../..');
const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** @returns {string | undefined} CHROMIUM_PATH, or one of the usual paths */
function findChromium() {
  const { CHROMIUM_PATH } = process.env;
  if (!CHROMIUM_PATH) return usual.find((path) => existsSync(path));
  if (existsSync(CHROMIUM_PATH)) return CHROMIUM_PATH;
  throw new SetupError('CHROMIUM_PATH names no file.');
}

/**
 * The path of a Chromium, which is installed first if that needs nobody's consent. Of several processes, one installs it and the others
 * wait.
 * @returns {Promise<string>}
 * @throws SetupError with a message for people, if there can be none
 */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  if (!mayInstallPackages())
    throw new SetupError('There is no Chromium: install the package chromium, or say with CHROMIUM_PATH where one is.');
  await withLock(
    join(project, '.setup'),
    () => {},
    async () => {
      if (!findChromium()) await installPackages(['chromium'], join(project, '.setup/chromium'));
    },
  );
  const installed = findChromium();
  if (installed) return installed;
  throw new SetupError('Chromium could not be installed; .setup/chromium.log tells why.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${await ensureChromium()}\n`);
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
    process.exitCode = 1;
  }
}
