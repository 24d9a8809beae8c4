import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openEntailmentModel } from '../../src/models/entailment.ts';
import { writeEntailmentModel } from '../doubles/entailment-folder.ts';
import { startService } from '../doubles/service.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const labels = ['contradiction', 'neutral', 'entailment'];
const tokens = { '1382': [0, 0, 90], '1740': [90, 0, 0], tower: [0, 9, 0] };

async function folderWith(t: Parameters<typeof temporaryFolder>[0], names = labels, given: object = tokens) {
  const folder = await temporaryFolder(t);
  writeEntailmentModel(folder, names, given as Record<string, number[]>);
  return folder;
}

test('an entailment model says how likely one text supports another, however long the first is', async (t) => {
  const model = await openEntailmentModel(await folderWith(t));
  t.after(model.close);
  const premise = 'The tower was built in 1740 or so. '.repeat(500);
  const [right, wrong, neither] = await Promise.all([
    model.entails(premise, 'it is of 1382'),
    model.entails(premise, 'it is of 1740'),
    model.entails(premise, 'it is a tower'),
  ]);
  assert.ok(right! > 0.7, String(right));
  assert.ok(wrong! < 0.3, String(wrong));
  assert.ok(neither! > wrong! && neither! < right!);
});

test('the one output of a model with a single label is its probability; a closed model gives null', async (t) => {
  const model = await openEntailmentModel(await folderWith(t, ['LABEL_0'], { '1382': [90], '1740': [-90] }));
  t.after(model.close);
  assert.ok((await model.entails('a text', 'of 1382'))! > 0.9);
  assert.ok((await model.entails('a text', 'of 1740'))! < 0.1);
  await model.close();
  assert.equal(await model.entails('a text', 'of 1382'), null, 'a judge goes on without a model that is closed');
});

test('a folder that holds no entailment model stops the boot with what is wrong in it', async (t) => {
  const fails = (folder: string, message: RegExp) =>
    assert.rejects(openEntailmentModel(folder), { code: 'BAD_SETTINGS', message });
  await fails(await temporaryFolder(t), /ENTAILMENT_MODEL_DIR: model.onnx, tokenizer.json, config.json not found/);
  await fails(await folderWith(t, ['good', 'bad'], { '1382': [1, 0] }), /cannot be loaded/);
  const truncated = await folderWith(t);
  await writeFile(join(truncated, 'model.onnx'), 'no model');
  await fails(truncated, /cannot be loaded/);
  await rm(join(truncated, 'config.json'));
  await fails(truncated, /config.json not found/);
});

test('the embedded verdict takes the entailment model as a second opinion and says so, and keeps its evidence', async (t) => {
  const text = 'The tower of Aldmoor was built in 1382 by the mason Peter Hale.';
  const askWith = async (settings: Record<string, string>) => {
    const service = await startService(t, { embedded: true, settings });
    await service.add('aldmoor.md', text);
    const { json } = await service.call('POST', '/ask', { question: 'When was the tower of Aldmoor built?' });
    await service.close();
    return json.verdict as { label: string; score: number; reason: string; evidence: object[] };
  };
  const alone = await askWith({});
  const borneOut = await askWith({ ENTAILMENT_MODEL_DIR: await folderWith(t) });
  const denied = await askWith({
    ENTAILMENT_MODEL_DIR: await folderWith(t, labels, { '1382': [900, 0, 0] }),
  });
  assert.equal(alone.label, 'Correct');
  assert.doesNotMatch(alone.reason, /entailment/);
  assert.ok(denied.score < borneOut.score);
  assert.equal(denied.label, 'Incorrect');
  assert.match(denied.reason, /An entailment model gives it 0 of 100; together \d+\./);
  assert.deepEqual(denied.evidence, alone.evidence);
});
