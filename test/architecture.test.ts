import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** What each room may import of the others, by the room's folder; `leaf` lists the files at the top that everyone shares. */
const leaf = [
  'abbreviations.ts',
  'errors.ts',
  'passage.ts',
  'scripts.ts',
  'sentences.ts',
  'collection-name.ts',
  'charset.ts',
  'counted.ts',
  'api-key.ts',
  'keyring.ts',
  'loopback.ts',
  'trail.ts',
  'message-pieces.ts',
  'recent.ts',
  'deadline.ts',
];
/** All files of a room, for others that may import any of them. */
const inRoom = (room: string) => readdirSync(join(src, room)).map((file) => `${room}/${file}`);
const rooms: Record<string, string[]> = {
  ranking: leaf,
  chain: [...leaf, ...inRoom('ranking')],
  ingest: [...leaf, 'knowledge/port.ts'],
  replicas: [...leaf, 'ingest/job.ts', 'ingest/jobs.ts'],
  knowledge: [...leaf, 'ranking/rerank.ts'],
  models: leaf,
  observe: [...leaf, 'chain/conduct-ask.ts', 'knowledge/port.ts'],
  // What routes take and return: the shapes of the chain and the port.
  http: [
    ...leaf,
    'chain/reply.ts',
    'chain/policy.ts',
    'ingest/ingest.ts',
    'ingest/jobs.ts',
    'knowledge/port.ts',
    'chain/conduct-ask.ts',
    'chain/retrieve.ts',
    'chain/in-conversation.ts',
    'chain/told-text.ts',
    'observe/metrics.ts',
    'replicas/redis-key.ts',
    'replicas/token-count.ts',
  ],
};
const vendors: Record<string, RegExp> = {
  ranking: /^$/,
  chain: /^(@langchain\/core\/.*|zod|node:crypto|node:fs|node:path|node:url)$/,
  ingest:
    /^(@langchain\/.*|zod|html-to-text|htmlparser2|mammoth|papaparse|yauzl|mdast-util-from-markdown|mdast|unpdf.*|js-tiktoken.*|node:.*)$/,
  knowledge: /^(faiss-node|stemmer|undici|node:.*)$/,
  replicas: /^(ioredis|pino|node:.*)$/,
  models: /^(@langchain\/.*|langchain|openai|undici|onnxruntime-node|@huggingface\/tokenizers|zod|node:.*)$/,
  observe: /^(pino|prom-client|@opentelemetry\/.*|node:.*)$/,
  http: /^(fastify|@fastify\/.*|fastify-type-provider-zod|@modelcontextprotocol\/sdk\/.*|helmet|ioredis|zod|node:.*)$/,
};

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const importsOf = (file: string) =>
  [
    ...readFileSync(join(src, file), 'utf8').matchAll(
      /(?:^|\n)(?:import|export)\s[^;]*?from '([^']+)'|import\('([^']+)'\)/g,
    ),
  ].map(([, from, lazily]) => (from ?? lazily)!);

test('each folder of src imports only what it may', () => {
  const broken: string[] = [];
  for (const file of files) {
    const room = file.split('/')[0]!;
    const allowed = rooms[room];
    if (!allowed) continue;
    for (const name of importsOf(file)) {
      if (!name.startsWith('.')) {
        if (!vendors[room]!.test(name)) broken.push(`src/${file} imports ${name}, which ${room}/ may not know.`);
        continue;
      }
      const target = relative(src, resolve(dirname(join(src, file)), name));
      if (!target.startsWith(`${room}/`) && !allowed.includes(target))
        broken.push(`src/${file} imports ${target}, which is not below ${room}/.`);
    }
  }
  assert.deepEqual(broken, []);
});

test('the page imports its own files and its libraries, and nothing of the service', () => {
  const page = join(src, 'page');
  const scripts = readdirSync(page).filter((file) => file.endsWith('.js'));
  assert.ok(scripts.length > 10);
  for (const file of scripts)
    for (const [, name] of readFileSync(join(page, file), 'utf8').matchAll(/(?:from|import|import\() ?'([^']+)'/g))
      assert.match(name!, /^(\.\/[\w-]+\.js|preact\/hooks|htm\/preact|marked|dompurify)$/, `src/page/${file}`);
});

test('commands are imported by the entry points only', () => {
  const outside = files.filter(
    (file) => !file.startsWith('commands/') && importsOf(file).some((name) => /\/commands\//.test(name)),
  );
  assert.deepEqual(outside.sort(), ['cli.ts', 'main.ts', 'serve.ts']);
});

test('the files shared by all folders import none of the folders', () => {
  const broken = leaf.flatMap((file) =>
    importsOf(file)
      .filter((name) => name.startsWith('.') && !leaf.includes(name.slice(2)))
      .map((name) => `src/${file} imports ${name}.`),
  );
  assert.deepEqual(broken, []);
});

test('imports never run in a circle', () => {
  const graph = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter((name) => /^\.\.?\/.*\.ts$/.test(name))
        .map((name) => relative(src, resolve(dirname(join(src, file)), name)))
        .filter((target) => files.includes(target)),
    ]),
  );
  const done = new Set<string>();
  const walk = (file: string, path: string[]) => {
    if (path.includes(file))
      assert.fail(`imports run in a circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
    if (done.has(file)) return;
    for (const target of graph.get(file)!) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
});

test('the thread for long writes never loads faiss-node, which a process may load only once', () => {
  const source = (file: string) => readFileSync(join(src, file), 'utf8').replace(/^import type [^;]+;/gm, '');
  const loaded = new Set(['knowledge/write-thread.ts']);
  const vendors = new Set<string>();
  for (const file of loaded)
    for (const [, name] of source(file).matchAll(/from '([^']+)'/g))
      if (name!.startsWith('.')) loaded.add(relative(src, resolve(dirname(join(src, file)), name!)));
      else vendors.add(name!);
  assert.ok(loaded.has('knowledge/full-text.ts'));
  assert.deepEqual(
    [...vendors].filter((name) => !name.startsWith('node:')),
    [],
  );
});

test('the environment is read in config.ts only, and only serve.ts listens', () => {
  for (const file of files) {
    const text = readFileSync(join(src, file), 'utf8');
    // Host and builder processes are given the environment; ONNX Runtime and Node read one of their settings only
    // from there, and npm says there that it runs a script.
    const given = [
      'knowledge/fork-host.ts',
      'knowledge/upkeep.ts',
      'models/onnx-model.ts',
      'compile-cache.ts',
      'script-runner.ts',
    ];
    if (!['config.ts', ...given].includes(file))
      assert.doesNotMatch(text, /process\.env/, `src/${file} reads the environment`);
    if (file !== 'serve.ts') assert.doesNotMatch(text, /\.listen\(/, `src/${file} listens`);
  }
});

test('only commands/answerer.ts uses the client package, and the client imports nothing of the service', () => {
  const outside = files.filter((file) => importsOf(file).some((name) => /\/packages\//.test(name)));
  assert.deepEqual(outside, ['commands/answerer.ts']);
  const client = join(src, '../packages/client/src');
  for (const file of readdirSync(client))
    for (const [, name] of readFileSync(join(client, file), 'utf8').matchAll(/^(?:import|export) .*from '([^']+)'/gm))
      assert.match(name!, /^\.\/(schema|types|read-events)\.ts$/, `packages/client/src/${file}`);
});

test('what could hold up requests is out of reach of the process that serves them', () => {
  const found = new Set(['serve.ts']);
  const blocking: string[] = [];
  // A set's iteration goes on to what is added meanwhile.
  for (const file of found) {
    const text = readFileSync(join(src, file), 'utf8').replace(/(?:^|\n)(?:import|export) type [^;]*;/g, '');
    for (const [, from, lazily] of text.matchAll(/(?:from|import) '([^']+)'|import\('([^']+)'\)/g)) {
      const name = (from ?? lazily)!;
      const target = relative(src, resolve(dirname(join(src, file)), name));
      if (name.startsWith('.') && files.includes(target)) found.add(target);
      if (/^(node:sqlite|faiss-node|onnxruntime-node|mammoth|yauzl|unpdf|papaparse|mdast-|html)/.test(name))
        blocking.push(`${file} imports ${name}`);
    }
  }
  assert.ok(
    found.has('knowledge/fork-host.ts') && found.has('models/model-thread.ts') && found.has('ingest/parser.ts'),
  );
  assert.deepEqual(blocking.sort(), [
    // Before the service listens: the lock of the data folder, and the vectors that `assay reembed` has made.
    'knowledge/database.ts imports node:sqlite',
    'knowledge/lock.ts imports node:sqlite',
    'knowledge/open-to-read.ts imports node:sqlite',
  ]);
});

test('the Redis client is never imported statically, so it is loaded only if the settings name a Redis', () => {
  const atOnce = (from: RegExp) =>
    files.filter((file) =>
      [...readFileSync(join(src, file), 'utf8').matchAll(/^import (?!type )[^;]*? from '([^']+)'/gm)].some(([, name]) =>
        from.test(name!),
      ),
    );
  assert.deepEqual(atOnce(/^ioredis$/), ['replicas/open-redis.ts']);
  assert.deepEqual(atOnce(/open-redis\.ts$/), []);
});

test('there are no utils, helpers, common, types or index files', () => {
  const nowhere = files.filter((file) => /(^|\/)(utils?|helpers?|common|types|index)(\/|\.ts$)/.test(file));
  assert.deepEqual(nowhere, []);
});
