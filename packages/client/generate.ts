import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire, registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { buildApp } from '../../src/app.ts';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
/** The project's file of generated types. */
export const schemaFile = join(project, 'packages/client/src/schema.ts');
/** openapi-typescript needs the compiler's JavaScript API, which the project's TypeScript 7 no longer has. */
const compiler = 'typescript@5.9.3';

/** The service's description, as `GET /openapi.json` returns it where no keys are set. */
async function readOpenApi(): Promise<object> {
  const dataDir = await mkdtemp(join(tmpdir(), 'assay-client-'));
  // This server is never called: naming one means that the embedded models, which may not be installed, aren't loaded.
  const settings = { DATA_DIR: dataDir, OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', LOG_LEVEL: 'silent' };
  const parts = await compose(readConfig(settings, dataDir));
  try {
    const app = await buildApp(parts);
    const description = app.swagger();
    await app.close();
    return description;
  } finally {
    await parts.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The folder of the compiler that openapi-typescript needs; fetched once, and kept in node_modules. */
async function compilerFolder(): Promise<string> {
  const kept = join(project, 'node_modules/.cache/assay', compiler);
  const found = join(kept, 'node_modules/typescript');
  if (existsSync(found)) return found;
  const making = `${kept}.${process.pid}`;
  const install = ['install', '--prefix', making, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', compiler];
  await promisify(execFile)('npm', install, { timeout: 300_000 });
  await rename(making, kept).catch((error) => {
    if (!existsSync(found)) throw error;
  });
  return found;
}

/**
 * The types of an OpenAPI description as TypeScript, by openapi-typescript.
 * @throws where its compiler can't be fetched
 */
export async function typesOf(openApi: object): Promise<string> {
  const folder = await compilerFolder();
  const main = pathToFileURL(createRequire(`${folder}/`).resolve(folder)).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'typescript' && context.parentURL?.includes('/openapi-typescript/')
        ? { url: main, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
  });
  try {
    // A field with a default may be left out of a request.
    const { astToString, default: openApiTypeScript } = await import('openapi-typescript');
    const types = astToString(await openApiTypeScript(openApi as never, { defaultNonNullable: false }));
    return `// Written by npm run client from the service's own /openapi.json; not to be changed by hand.\n\n${types}`;
  } finally {
    hooks.deregister();
  }
}

if (import.meta.main) {
  await writeFile(schemaFile, await typesOf(await readOpenApi()));
  process.stderr.write(`Wrote ${relative(process.cwd(), schemaFile)}\n`);
}
