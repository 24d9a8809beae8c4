import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fail } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

type Panel = {
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: { defaults: { unit?: string } };
  targets?: { expr: string; legendFormat: string }[];
};
const dashboard = JSON.parse(read('deploy/grafana-dashboard.json')) as {
  panels: Panel[];
  templating: { list: { query: string }[] };
};
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const alerts = read('deploy/alerts.yaml');
const rules = alerts.split(/^ {6}- alert: /m).slice(1);

const namesIn = (text: string) =>
  new Set([...text.matchAll(/\b(?:assay|nodejs|process)_[a-z0-9_]+\b/g)].map(([name]) => name));

/** What a service returns on a scrape after everything that is counted has happened once; its Redis can't be reached. */
async function scrapeEverything(t: Parameters<typeof startService>[0]) {
  const { call, add, openai } = await startService(t, { settings: { REDIS_URL: 'redis://127.0.0.1:9' } });
  await add('a.md', 'Alder wood is light.');
  const ask = () => call('POST', '/ask', { question: 'How is alder wood?' });
  openai.chat('It is light.', '{"verdict":"Correct"}');
  await ask();
  openai.chat(fail.status(500));
  await ask();
  return (await call('GET', '/metrics')).text;
}

/** The type of each metric of a scrape, by its name. */
function metricsOf(scrape: string): Map<string, string> {
  const types = [...scrape.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!] as const);
  return new Map(types);
}
/** The names of a metric's series, by its type, where it may be without any yet. */
const seriesOf: Record<string, (name: string) => string[]> = {
  counter: (name) => [name],
  histogram: (name) => ['bucket', 'count', 'sum'].map((part) => `${name}_${part}`),
};
const samplesOf = (scrape: string) => new Set([...scrape.matchAll(/^([a-z_]\w*)[{ ]/gm)].map(([, name]) => name!));

test('the dashboard shows what is in the store once, however many replicas share it', () => {
  const sums = panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .filter((expr) => /^sum.*assay_store_/.test(expr));
  assert.deepEqual(sums, []);
});

test('dashboard and alerts use only metrics that a scrape returns, and labels that these have', async (t) => {
  const scrape = await scrapeEverything(t);
  const types = metricsOf(scrape);
  // Some have no samples yet: exported traces, as no collector is set, and collections of garbage until there is one.
  const told = new Set([...samplesOf(scrape), ...[...types].flatMap(([name, type]) => seriesOf[type]?.(name) ?? [])]);
  const expressions = [...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)), ...rules];
  const used = new Set(expressions.flatMap((text) => [...namesIn(text)]));
  for (const { query } of dashboard.templating.list) for (const name of namesIn(query)) used.add(name);
  assert.ok(used.size > 25);
  assert.deepEqual(
    [...used].filter((name) => !told.has(name)),
    [],
  );

  const labelsIn = (name: string) =>
    new Set(
      [...scrape.matchAll(new RegExp(`^${name}\\{([^}]*)\\}`, 'gm'))].flatMap(([, labels]) =>
        [...labels!.matchAll(/(\w+)="/g)].map(([, label]) => label!),
      ),
    );
  const ofPrometheus = ['job', 'instance'];
  for (const text of expressions)
    for (const [, name, selector] of text.matchAll(/\b((?:assay|nodejs|process)_[a-z0-9_]+)\{([^}]*)\}/g))
      for (const [, label] of selector!.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
        if (!ofPrometheus.includes(label!) && labelsIn(name!).size > 0)
          assert.ok(labelsIn(name!).has(label!), `${name} has no label ${label}`);
});

test('every panel of the dashboard has a title and a place of its own, a unit, and named queries', () => {
  assert.ok(panels.length >= 20);
  for (const panel of panels) {
    assert.ok(panel.title && panel.fieldConfig?.defaults.unit, panel.title);
    assert.ok(panel.targets!.length > 0);
    for (const { expr, legendFormat } of panel.targets!) {
      assert.ok(legendFormat, panel.title);
      assert.equal(expr.split('(').length, expr.split(')').length, expr);
    }
  }
  assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
  const taken = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  assert.equal(new Set(taken).size, taken.length, 'panels lie on each other');
  assert.ok(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24));
});

test('every alert has an expression, a severity, a summary, and a line in docs/operating.md', () => {
  assert.ok(rules.length >= 10);
  const guide = read('docs/operating.md');
  for (const rule of rules) {
    const name = /^\w+/.exec(rule)![0];
    assert.match(rule, /\n {8}expr: /, name);
    assert.match(rule, /severity: (critical|warning|info)/, name);
    assert.match(rule, /summary: .+/, name);
    assert.match(guide, new RegExp(`\`${name}\``), `docs/operating.md does not say what to do about ${name}`);
  }
});

test('a service that Prometheus has no target for is alerted too, where no series says that it is down', () => {
  const rule = rules.find((each) => each.startsWith('AssayNotWatched'));
  assert.match(rule ?? 'none', /expr: absent\(up\{job="assay"\}\)\n/);
});

test('the alert on failing asks leaves out failures that callers cause themselves', () => {
  const rule = rules.find((each) => each.startsWith('AssayAsksFail'))!;
  const leftOut = new RegExp(`^(?:${/code!~"([^"]+)"/.exec(rule)?.[1]})$`);
  for (const code of ['CLIENT_GONE', 'COLLECTION_NOT_FOUND']) assert.match(code, leftOut);
  for (const code of ['INTERNAL', 'MODEL_TIMEOUT', 'NOT_READY']) assert.doesNotMatch(code, leftOut);
});

test('docs/operating.md lists every metric of ours, and no other', async (t) => {
  const types = metricsOf(await scrapeEverything(t));
  const ours = [...types].filter(([name]) => name.startsWith('assay_')).map(([name, type]) => `${name} ${type}`);
  const documented = [...read('docs/operating.md').matchAll(/^\| `(assay_\w+)` \| (\w+) \|/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  assert.deepEqual(documented.sort(), ours.sort());
});

test('docs/operating.md explains every warning and error that may be logged', () => {
  const sources = readdirSync(new URL('../../src', import.meta.url), { recursive: true, encoding: 'utf8' });
  const code = sources.filter((name) => name.endsWith('.ts')).map((name) => read(`src/${name}`));
  const messages = code.flatMap((text) => [
    ...text.matchAll(/log(?:ger)?\.(?:warn|error)\((?:[^()']|\([^()]*\))*'([^']+)'\)/g),
  ]);
  assert.ok(messages.length >= 12);
  const page = read('docs/operating.md');
  assert.deepEqual(
    messages.flatMap(([, message]) => (page.includes(`\`${message}\``) ? [] : [message])),
    [],
  );
});
