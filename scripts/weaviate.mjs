// Puts the engine that the tests of the shared store run on into a cache folder, built by Go from its published module, and
// prints where it is. `node scripts/weaviate.mjs`; it takes some minutes once, and no time when it is there.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const version = '1.35.2';
const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'assay-ci', `weaviate-${version}`);

/** Where the engine is, or would be. */
export const weaviateBinary = join(folder, 'weaviate-server');

/** Builds the engine where it is missing; what is half built is not taken for it. */
export function installWeaviate() {
  if (existsSync(weaviateBinary)) return weaviateBinary;
  const building = join(folder, `building-${process.pid}`);
  mkdirSync(building, { recursive: true });
  const { PATH = '', GOFLAGS = '' } = process.env;
  // One package at a time and without debugging symbols: the machine has other work.
  const built = spawnSync(
    'nice',
    ['go', 'install', '-ldflags=-s -w', `github.com/weaviate/weaviate/cmd/weaviate-server@v${version}`],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        PATH: `${PATH}${delimiter}/usr/local/go/bin`,
        GOBIN: building,
        GOFLAGS: `${GOFLAGS} -p=1`.trim(),
      },
    },
  );
  if (built.status !== 0) throw new Error(`Weaviate ${version} was not built: ${built.error?.message ?? 'go failed'}.`);
  renameSync(join(building, 'weaviate-server'), weaviateBinary);
  return weaviateBinary;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${installWeaviate()}\n`);
