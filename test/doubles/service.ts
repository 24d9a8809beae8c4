import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { buildApp } from '../../src/app.ts';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { startOpenAiServer } from './openai-server.ts';
import { type Test, temporaryFolder } from './temporary-folder.ts';

/** Where the embedded models' weights are, which set-up has put there. */
const modelsDir = fileURLToPath(new URL('../../.models', import.meta.url));

/** How many nodes of Weaviate tests keep their documents in; none for the embedded store. */
const nodesOf: Record<string, number> = { weaviate: 1, 'weaviate-cluster': 3 };
const nodes = nodesOf[process.env.TEST_STORE ?? ''] ?? 0;
/** Whether services keep their documents in Weaviate (`TEST_STORE=weaviate`, or `weaviate-cluster` for three nodes). */
export const overWeaviate = nodes > 0;
/** Gives a test the Weaviate that its services use. */
const weaviateOf = overWeaviate ? (await import('./weaviates-in-turn.ts')).weaviatesInTurn(nodes) : null;

/**
 * The whole service over real sockets, in a data folder of its own, on a free port; it stops when the test ends. Unless told
 * otherwise its models are a scripted server's. With `TEST_STORE` its documents may be in a Weaviate, which no other
 * test uses meanwhile.
 */
export async function startService(
  test: Test,
  options: { settings?: Record<string, string>; embedded?: boolean; dataDir?: string; dimension?: number } = {},
) {
  const dataDir = options.dataDir ?? (await temporaryFolder(test));
  const openai = options.embedded ? null : await startOpenAiServer({ test, dimension: options.dimension ?? 64 });
  const models = openai && {
    OPENAI_BASE_URL: openai.baseUrl,
    OPENAI_API_KEY: 'canary-model-key',
    MODEL_MAX_RETRIES: '0',
  };
  const places = {
    DATA_DIR: dataDir,
    MODELS_DIR: modelsDir,
    ...(weaviateOf && { WEAVIATE_URL: await weaviateOf(test, dataDir) }),
  };
  const config = readConfig({ ...places, PORT: '0', LOG_LEVEL: 'debug', ...models, ...options.settings }, dataDir);
  const logLines: string[] = [];
  const logged = new EventEmitter();
  const write = (line: string) => {
    logLines.push(line);
    logged.emit('line', line);
  };
  const parts = await compose(config, { serving: true, logTo: { write } });
  const app = await buildApp(parts);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= app.close().then(() => parts.close());
    return closed;
  };
  test.after(close);

  /** Calls a route with JSON; a string body goes as it is. */
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: tests read replies of many shapes, and assert on them
    const json: any = /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : null;
    return { status: response.status, headers: response.headers, text, json };
  }
  const add = (source: string, text: string, more: object = {}) =>
    call('POST', '/documents', { source, text, format: 'markdown', ...more });

  /** Resolves with the first log line, past or to come, that holds this text. */
  async function waitForLog(text: string): Promise<string> {
    for (let line = logLines.find((each) => each.includes(text)); ; [line] = await once(logged, 'line'))
      if (line?.includes(text)) return line;
  }

  return { waitForLog, url, openai: openai!, parts, app, dataDir, call, add, close, logLines };
}
