// `node scripts/weaviate.mjs` builds the Weaviate that the tests of the shared store use, with Go from its published module, into a cache
// folder, and prints its path. This takes a few minutes the first time.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const version = '1.35.2';
const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'assay-ci', `weaviate-${version}`);

/** The path of the engine, whether or not it has been built. */
export const weaviateBinary = join(folder, 'weaviate-server');

/** Builds the engine if it is missing; moved to its place only once it is complete. */
export function installWeaviate() {
  if (existsSync(weaviateBinary)) return weaviateBinary;
  const building = join(folder, `building-${process.pid}`);
  mkdirSync(building, { recursive: true });
  const { PATH = '', GOFLAGS = '' } = process.env;
  // One package at a time, and without debugging symbols, to leave room for other work on the machine.
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
