import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { weaviateBinary } from '../scripts/weaviate.mjs';
import { readConfig, Settings } from '../src/config.ts';
import { composed, dockerfile, imageEnv, validator, type Yaml } from './doubles/deployment-files.ts';
import { noHaproxy } from './doubles/haproxy.ts';
import { project, readPage } from './doubles/page-commands.ts';
import { startService } from './doubles/service.ts';
import { temporaryFolder } from './doubles/temporary-folder.ts';
import { noWeaviate } from './doubles/weaviate.ts';

const folder = 'deploy/kubernetes-replicas';
const composeFile = 'deploy/compose.replicas.yaml';
const names = readdirSync(join(project, folder));
const key = 'assay:sha256='.concat('0'.repeat(64));

/** A file of API keys, to read a configuration with. */
async function keysFile(t: TestContext): Promise<string> {
  const file = join(await temporaryFolder(t), 'keys.txt');
  writeFileSync(file, `${key}\n`);
  return file;
}

/** The manifests of the folder, and a look-up by kind and name. */
async function readManifests(t: TestContext) {
  const files = await validator(t);
  if (!files) return null;
  const all = await files.read(names.map((name) => `${folder}/${name}`));
  const documents: Yaml[] = Object.values(all).flat();
  const the = (kind: string, name: string) =>
    documents.find((each) => each.kind === kind && each.metadata.name === name) ?? assert.fail(`no ${kind} ${name}`);
  return { kustomization: all[`${folder}/kustomization.yaml`], documents, the };
}

const containerOf = (workload: Yaml) => workload.spec.template.spec.containers[0];
/** A container's environment variables; values from a Secret are replaced by a placeholder. */
function environmentOf(workload: Yaml): Record<string, string> {
  const given: Record<string, string> = {};
  for (const { name, value = 'a-secret' } of containerOf(workload).env)
    given[name] = value.replace(/\$\((\w+)\)/g, (_: string, other: string) => given[other] ?? assert.fail(other));
  return given;
}

test('replicas on Kubernetes: Assay’s manifest fits the image, the settings, the routes, the engine and Redis', async (t) => {
  const manifests = await readManifests(t);
  if (!manifests) return;
  const { the } = manifests;
  const assay = the('Deployment', 'assay');
  assert.ok(assay.spec.replicas >= 2);
  assert.deepEqual(assay.spec.strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
  const pod = assay.spec.template.spec;
  const container = containerOf(assay);
  assert.ok(!JSON.stringify(pod.volumes).includes('persistentVolumeClaim'), 'a replica keeps nothing');
  const [, user, group] = /^USER (\d+):(\d+)$/m.exec(dockerfile)!;
  assert.deepEqual([pod.securityContext.runAsUser, pod.securityContext.runAsGroup], [Number(user), Number(group)]);
  assert.equal(String(container.ports[0].containerPort), imageEnv.PORT);

  const environment = environmentOf(assay);
  const remarked = [...readPage(`${folder}/assay.yaml`).matchAll(/# - name: (\w+)/g)].map(([, name]) => name!);
  assert.ok(remarked.length >= 4);
  for (const name of [...Object.keys(environment), ...remarked])
    assert.ok(name in Settings.shape || name === 'REDIS_PASSWORD', `${name} is no setting`);
  const config = readConfig({ ...imageEnv, ...environment, API_KEYS_FILE: await keysFile(t) }, project);
  assert.ok(pod.terminationGracePeriodSeconds * 1000 > config.askTimeoutMs, 'what has begun may be finished');

  const engine = the('StatefulSet', 'assay-weaviate');
  const pods = Array.from({ length: engine.spec.replicas }, (_, at) => `assay-weaviate-${at}`);
  const { containerPort } = containerOf(engine).ports.find((port: Yaml) => port.name === 'rest');
  assert.deepEqual(
    config.weaviate?.endpoints,
    pods.map((name) => `http://${name}.${engine.spec.serviceName}:${containerPort}`),
  );
  assert.equal(environmentOf(engine).RAFT_JOIN, pods.join());
  const redis = URL.parse(config.redisUrl!)!;
  assert.equal(Number(redis.port), the('Service', redis.hostname).spec.ports[0].port);
  assert.equal(redis.password, environmentOf(the('Deployment', 'assay-redis')).REDIS_PASSWORD);

  const { call } = await startService(t, { embedded: true });
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
    assert.equal((await call('GET', container[probe].httpGet.path)).status, 200, probe);
});

test('replicas on Kubernetes: selectors, ports and Secrets refer to things that exist', async (t) => {
  const manifests = await readManifests(t);
  if (!manifests) return;
  const { documents, the, kustomization } = manifests;
  const workloads = documents.filter(({ kind }) => /^(Deployment|StatefulSet)$/.test(kind));
  const labels = workloads.map(({ spec }) => JSON.stringify(spec.template.metadata.labels));
  for (const { kind, metadata, spec } of documents) {
    const selector = { Service: spec?.selector, NetworkPolicy: spec?.podSelector?.matchLabels }[kind as string];
    const selected = selector ?? spec?.selector?.matchLabels;
    if (selected) assert.ok(labels.includes(JSON.stringify(selected)), `${kind} ${metadata.name}`);
  }
  for (const { metadata, spec } of workloads) {
    the('NetworkPolicy', metadata.name);
    const { targetPort } = the('Service', metadata.name).spec.ports[0];
    const { containers, volumes = [] } = spec.template.spec;
    assert.ok(containers[0].ports.some((port: Yaml) => port.name === targetPort));
    for (const { secret } of volumes) if (secret) the('Secret', secret.secretName);
    for (const { name, valueFrom } of containers[0].env) {
      if (!valueFrom) continue;
      const { name: secret, key: part } = valueFrom.secretKeyRef;
      assert.ok(part in the('Secret', secret).stringData, `${metadata.name}: ${name}`);
      assert.ok(readPage('docs/deploying.md').includes(`--from-literal=${part}=`), `docs/deploying.md makes ${part}`);
    }
  }
  const { ingress } = the('NetworkPolicy', 'assay-weaviate').spec;
  assert.deepEqual(ingress[0].ports, [{ protocol: 'TCP', port: 'rest' }], 'Assay reaches REST alone');
  assert.deepEqual(
    new Set(ingress[1].ports.map(({ port }: Yaml) => port)),
    new Set(
      containerOf(the('StatefulSet', 'assay-weaviate')).ports.flatMap((port: Yaml) =>
        port.name === 'rest' ? [] : [port.containerPort],
      ),
    ),
    'and nodes each other',
  );
  assert.deepEqual(
    [...kustomization.resources, 'kustomization.yaml', 'secret.example.yaml'].sort(),
    names.toSorted(),
    'all are applied but the examples of Secrets',
  );
  assert.equal(kustomization.images[0].newTag, JSON.parse(readPage('package.json')).version);
});

test('replicas by compose: only the proxy is published, and the engine and Redis have an internal network', async (t) => {
  const files = await validator(t);
  if (!files) return;
  await files.checkCompose(composeFile);
  const { services, networks, volumes } = (await files.read([composeFile]))[composeFile];
  const published = Object.entries<Yaml>(services).filter(([, { ports }]) => ports);
  assert.deepEqual(
    published.map(([name, { ports }]) => [name, ports]),
    [['proxy', ['127.0.0.1:3000:3000']]],
  );
  assert.equal(networks.store.internal, true);
  for (const [name, service] of Object.entries<Yaml>(services)) {
    const own = Array.isArray(service.networks) ? service.networks : Object.keys(service.networks);
    const expected = name === 'proxy' ? ['front'] : name.startsWith('assay') ? ['front', 'store'] : ['store'];
    assert.deepEqual(own, expected, name);
    assert.deepEqual([service.read_only, service.cap_drop], [true, ['ALL']], name);
    for (const volume of service.volumes ?? [])
      if (!volume.startsWith('.')) assert.ok(volume.split(':')[0] in volumes, volume);
  }

  const { 'assay-one': one, 'assay-two': two, proxy } = services;
  assert.deepEqual(one, two);
  for (const name of Object.keys(one.environment)) assert.ok(name in Settings.shape, `${name} is no setting`);
  const environment = composed(one.environment, { WEAVIATE_API_KEY: 'a-secret' });
  const config = readConfig({ ...imageEnv, ...environment, API_KEYS_FILE: await keysFile(t) }, project);
  assert.equal(config.models.baseUrl, undefined, 'the embedded models answer unless a server is given');
  assert.equal(environment.API_KEYS_FILE, `/run/secrets/${one.secrets[0]}`);
  const hosts = config.weaviate!.endpoints.map((endpoint) => URL.parse(endpoint)!.hostname);
  assert.deepEqual(hosts, services[hosts[0]!].environment.RAFT_JOIN.split(','));
  for (const host of hosts) assert.equal(services[host].hostname, host);
  assert.ok(URL.parse(config.redisUrl!)!.hostname in services);
  for (const name of ['ASSAY_ONE', 'ASSAY_TWO']) {
    const [host, port] = proxy.environment[name].split(':');
    assert.ok(host in services && port === imageEnv.PORT, name);
  }
});

test('the engine has the same settings by compose and on Kubernetes, and its binary knows them all', {
  skip: noWeaviate,
}, async (t) => {
  const files = await validator(t);
  const manifests = await readManifests(t);
  if (!files || !manifests) return;
  const { services } = (await files.read([composeFile]))[composeFile];
  const own = new Set(['CLUSTER_JOIN', 'RAFT_JOIN', 'GOMEMLIMIT']);
  const shared = (environment: Record<string, string>) =>
    Object.fromEntries(Object.entries(environment).filter(([name]) => !own.has(name)));
  const engine = manifests.the('StatefulSet', 'assay-weaviate');
  const there = environmentOf(engine);
  assert.deepEqual(
    shared(composed(services['weaviate-one'].environment, { WEAVIATE_API_KEY: 'a-secret' })),
    shared(there),
  );
  assert.equal(services['weaviate-one'].image, containerOf(engine).image);
  assert.ok(weaviateBinary.includes(containerOf(engine).image.split(':')[1]), 'the version that is tested');
  const binary = readFileSync(weaviateBinary);
  for (const name of Object.keys(there)) assert.ok(binary.includes(name), `${name} is nothing to the engine`);
});

test('HAProxy accepts deploy/haproxy.cfg with the environment from compose, and rejects a misspelt one', {
  skip: noHaproxy,
}, async (t) => {
  const files = await validator(t);
  if (!files) return;
  const { services } = (await files.read([composeFile]))[composeFile];
  const file = join(await temporaryFolder(t), 'haproxy.cfg');
  const check = (text: string) => {
    writeFileSync(file, text);
    const env = { PATH: process.env.PATH, ...services.proxy.environment };
    return spawnSync('haproxy', ['-c', '-f', file], { env, encoding: 'utf8' });
  };
  const good = readPage('deploy/haproxy.cfg');
  const { status, stderr } = check(good);
  assert.equal(status, 0, stderr);
  assert.notEqual(check(good.replace('balance leastconn', 'balance leastcon')).status, 0);
});
