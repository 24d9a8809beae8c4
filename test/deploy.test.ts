import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig, Settings } from '../src/config.ts';
import { runCommand } from './doubles/command-line.ts';
import { composed, dockerfile, imageEnv, validator, type Yaml } from './doubles/deployment-files.ts';
import { project, readPage } from './doubles/page-commands.ts';
import { startService } from './doubles/service.ts';
import { temporaryFolder } from './doubles/temporary-folder.ts';

const folder = 'deploy/kubernetes';
const manifests = readdirSync(join(project, folder)).map((name) => `${folder}/${name}`);

test('the Kubernetes manifests fit their schemas, the image, the settings and the routes', async (t) => {
  const files = await validator(t);
  if (!files) return;
  const all = await files.read(manifests);
  const named = (name: string) => all[`${folder}/${name}.yaml`];
  const { spec } = named('deployment');
  assert.deepEqual([spec.replicas, spec.strategy.type], [1, 'Recreate'], 'one writer');
  const pod = spec.template.spec;
  const [container] = pod.containers;

  const [, user, group] = /^USER (\d+):(\d+)$/m.exec(dockerfile)!;
  const { runAsUser, runAsGroup, fsGroup, runAsNonRoot } = pod.securityContext;
  assert.deepEqual([runAsUser, runAsGroup, fsGroup, runAsNonRoot], [Number(user), Number(group), Number(group), true]);
  const { readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities } = container.securityContext;
  assert.deepEqual([readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities.drop], [true, false, ['ALL']]);

  const names = container.env.map(({ name }: Yaml) => name);
  const remarked = [...readPage(`${folder}/deployment.yaml`).matchAll(/# - name: (\w+)/g)].map(([, name]) => name);
  assert.ok(remarked.length >= 3);
  for (const name of [...names, ...remarked]) assert.ok(name in Settings.shape, `${name} is no setting`);

  const [port] = container.ports;
  assert.deepEqual([String(port.containerPort), port.containerPort], [imageEnv.PORT, 3000]);
  assert.match(dockerfile, new RegExp(`^EXPOSE ${port.containerPort}$`, 'm'));
  assert.equal(named('service').spec.ports[0].targetPort, port.name);
  assert.equal(named('network-policy').spec.ingress[0].ports[0].port, port.name);
  const { call } = await startService(t, { embedded: true });
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    assert.equal(container[probe].httpGet.port, port.name);
    assert.equal((await call('GET', container[probe].httpGet.path)).status, 200, probe);
  }

  const mounts = Object.fromEntries(container.volumeMounts.map(({ name, mountPath }: Yaml) => [name, mountPath]));
  const volumes = Object.fromEntries(pod.volumes.map((volume: Yaml) => [volume.name, volume]));
  assert.equal(mounts.data, imageEnv.DATA_DIR);
  assert.equal(volumes.data.persistentVolumeClaim.claimName, named('storage').metadata.name);
  // A backup must not lie beside the original, and only /tmp can be written besides the data.
  const [, backup] = /backup (\/\S+) --force`/.exec(readPage('docs/deploying.md')) ?? [];
  assert.equal(backup?.replace(/\/[^/]+$/, ''), mounts.tmp);
  const secret = named('secret.example');
  assert.equal(volumes.keys.secret.secretName, secret.metadata.name);
  const keysFile = container.env.find(({ name }: Yaml) => name === 'API_KEYS_FILE').value;
  assert.ok(keysFile === `${mounts.keys}/${Object.keys(secret.stringData)[0]}`);

  assert.ok(
    readPage('docs/deploying.md').includes(
      `generic ${secret.metadata.name} --from-file=${Object.keys(secret.stringData)[0]}`,
    ),
  );

  const labels = spec.template.metadata.labels;
  for (const selector of [
    spec.selector.matchLabels,
    named('service').spec.selector,
    named('network-policy').spec.podSelector.matchLabels,
  ])
    assert.deepEqual(selector, labels);
  const longest = readConfig({}, await temporaryFolder(t)).askTimeoutMs;
  assert.ok(pod.terminationGracePeriodSeconds * 1000 > longest, 'what has begun may be finished');

  const { resources, images } = named('kustomization');
  assert.deepEqual(
    [...resources, 'kustomization.yaml', 'secret.example.yaml'].sort(),
    manifests.map((path) => path.slice(folder.length + 1)).sort(),
    'all are applied but the example of a Secret',
  );
  assert.equal(images[0].name, container.image);
  assert.equal(images[0].newTag, JSON.parse(readPage('package.json')).version);
});

test('a manifest that does not fit its schema is rejected', async (t) => {
  const files = await validator(t);
  if (!files) return;
  const file = join(await temporaryFolder(t), 'deployment.yaml');
  const good = readPage(`${folder}/deployment.yaml`);
  for (const [from, to] of [
    ['replicas: 1', 'replicas: one'],
    ['readOnlyRootFilesystem', 'readonlyRootFilesystem'],
    ['type: Recreate', 'typ: Recreate'],
  ] as const) {
    writeFileSync(file, good.replace(from, to));
    await assert.rejects(files.read([file]), /deployment\.yaml: /, to);
  }
});

test('the keys of the example Secret stop the start until they are replaced by one from `assay key`', async (t) => {
  const DATA_DIR = await temporaryFolder(t);
  const keys = join(DATA_DIR, 'keys.txt');
  const block = /keys\.txt: \|\n((?: {4}.*\n)+)/.exec(readPage(`${folder}/secret.example.yaml`))![1]!;
  const example = block.replace(/^ {4}/gm, '');
  const read = () => readConfig({ ...imageEnv, API_KEYS_FILE: keys }, DATA_DIR);
  writeFileSync(keys, example);
  assert.throws(read, /API_KEYS_FILE/);
  const { stdout } = await runCommand(['key', 'team', '--collections', 'default', '--rights', 'ask,write'], {});
  writeFileSync(keys, example.replace(/^team:.*$/m, stdout.trim()));
  assert.deepEqual(
    read().apiKeys.map(({ name }) => name),
    ['team'],
  );
});

test('compose.yaml fits the compose schema, the image and the settings', async (t) => {
  const files = await validator(t);
  if (!files) return;
  await files.checkCompose('compose.yaml');
  const broken = join(await temporaryFolder(t), 'compose.yaml');
  writeFileSync(broken, readPage('compose.yaml').replace('read_only: true', 'readonly: true'));
  await assert.rejects(files.checkCompose(broken), 'a slip is found');

  const { services, volumes } = (await files.read(['compose.yaml']))['compose.yaml'];
  const { assay } = services;
  for (const name of Object.keys(assay.environment)) assert.ok(name in Settings.shape, `${name} is no setting`);
  const config = readConfig({ ...imageEnv, ...composed(assay.environment) }, await temporaryFolder(t));
  assert.equal(URL.parse(config.models.baseUrl!)!.hostname, 'models');
  assert.ok('models' in services);
  assert.deepEqual(assay.ports, [`127.0.0.1:${config.port}:${config.port}`], 'published on loopback only');
  const [volume, path] = assay.volumes[0].split(':');
  assert.ok(volume in volumes);
  assert.equal(path, imageEnv.DATA_DIR);
  assert.equal(assay.read_only, true);
  assert.ok(Number.parseInt(assay.stop_grace_period, 10) * 1000 > config.askTimeoutMs, 'asks are finished first');
});

test('the Prometheus configuration in docs/operating.md is YAML and has the service’s address', async (t) => {
  const files = await validator(t);
  if (!files) return;
  const [, block] = /```yaml\n([\s\S]*?)```/.exec(readPage('docs/operating.md'))!;
  const file = join(await temporaryFolder(t), 'prometheus.yaml');
  writeFileSync(file, block!);
  const [scrape] = (await files.read([file]))[file].scrape_configs;
  assert.deepEqual(scrape.static_configs[0].targets, [`127.0.0.1:${imageEnv.PORT}`]);
  assert.ok(readPage('deploy/alerts.yaml').includes(`job="${scrape.job_name}"`), 'the alerts go by this name');
});
