import { after } from 'node:test';
import type { Test } from './temporary-folder.ts';
import { startWeaviateNodes } from './weaviate.ts';

async function call<Reply>(method: string, url: string, body?: unknown): Promise<Reply> {
  const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, { method, ...(body !== undefined && json) });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status}`);
  return (method === 'GET' ? response.json() : undefined) as Reply;
}

type Schema = { classes: { class: string; multiTenancyConfig?: { enabled: boolean } }[] };

/** Empties an engine, given the addresses of its nodes. Classes with tenants stay, and only their tenants are removed: it takes long to create such a class. */
async function empty(endpoints: string) {
  const [endpoint] = endpoints.split(',');
  const { classes } = await call<Schema>('GET', `${endpoint}/v1/schema`);
  for (const { class: name, multiTenancyConfig } of classes) {
    const path = `${endpoint}/v1/schema/${name}`;
    if (multiTenancyConfig?.enabled) {
      const tenants = await call<{ name: string }[]>('GET', `${path}/tenants`);
      const names = tenants.map((tenant) => tenant.name);
      if (names.length > 0) await call('DELETE', `${path}/tenants`, names);
    } else await call('DELETE', path);
  }
}

/**
 * Engines for the tests of one file, which use them one after another: to start one takes seconds, to empty one takes less. They
 * end with the file.
 * @param nodes how many nodes each has
 * @returns a function that gives a test an empty engine, or the same one again for a data folder that it was called with before
 */
export function weaviatesInTurn(nodes = 1) {
  const ends: (() => Promise<void>)[] = [];
  after(() => Promise.all(ends.map((end) => end())));
  const file: Test = { after: (end) => void ends.push(end) };
  const idle: string[] = [];
  const inUse = new Map<string, Promise<string>>();

  async function take(): Promise<string> {
    const used = idle.pop();
    if (used === undefined) return (await startWeaviateNodes(file, nodes)).endpoints.join();
    await empty(used);
    return used;
  }

  return (test: Test, dataDir: string): Promise<string> => {
    const known = inUse.get(dataDir);
    if (known) return known;
    const taken = take();
    inUse.set(dataDir, taken);
    test.after(async () => {
      inUse.delete(dataDir);
      idle.push(await taken);
    });
    return taken;
  };
}
