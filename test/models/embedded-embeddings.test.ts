import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EmbeddedEmbeddings, whyNotLoaded } from '../../src/models/embedded-embeddings.ts';
import { startService } from '../doubles/service.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const modelsDir = fileURLToPath(new URL('../../.models', import.meta.url));
/** As long as the model can take, so that each takes a while to embed. */
const longTexts = Array.from({ length: 8 }, (_, at) => `${at} `.repeat(600));
const cosine = (one: number[], other: number[]) => one.reduce((sum, value, at) => sum + value * other[at]!, 0);

let embeddings: EmbeddedEmbeddings;
before(async () => {
  embeddings = await EmbeddedEmbeddings.load('e5-small-v2-q', modelsDir);
});
after(() => embeddings.close());

test('vectors have unit length, and the passage that answers a question is nearest to it', async () => {
  const passages = ['The capital of France is Paris.', 'Alder wood is light.', 'A flat index is exact.'];
  const vectors = await embeddings.embedDocuments(passages);
  for (const vector of vectors) {
    assert.equal(vector.length, 384);
    assert.ok(Math.abs(cosine(vector, vector) - 1) < 1e-6);
  }
  const near = async (question: string) => {
    const asked = await embeddings.embedQuery(question);
    const similarities = vectors.map((vector) => cosine(asked, vector));
    return passages[similarities.indexOf(Math.max(...similarities))];
  };
  assert.equal(await near('Which city governs France?'), passages[0]);
  assert.equal(await near('How heavy is the timber of alders?'), passages[1]);
  assert.equal(await near('Is there a search structure without approximation?'), passages[2]);
});

test('the model is told whether a text is a question or a passage', async () => {
  const asPassage = async (text: string) => (await embeddings.embedDocuments([text]))[0]!;
  const alder = await embeddings.embedQuery('alder');
  assert.ok(cosine(alder, await asPassage('alder')) < 0.999);
  assert.ok(cosine(alder, await asPassage('query: alder')) < 0.999);
  assert.ok(cosine(await embeddings.embedQuery('passage: alder'), await asPassage('alder')) < 0.999);
});

test('a text longer than 128 tokens is embedded whole: truncation and padding of the tokenizer’s file are off', async () => {
  const filler = 'The list goes on with one more entry. '.repeat(40);
  const [plain, different] = await embeddings.embedDocuments([filler, `${filler} Whales sing in the deep sea.`]);
  assert.ok(cosine(plain!, different!) < 0.9999);
});

test('texts of any length and kind get a vector, the same alone as together with others', async () => {
  const texts = ['', ' ', 'x'.repeat(100_000), 'word '.repeat(20_000), '日本語のテキスト', '🙂'.repeat(50), '\u0000'];
  const together = await embeddings.embedDocuments(texts);
  for (const [at, text] of texts.entries()) {
    assert.ok(together[at]!.every(Number.isFinite), JSON.stringify(text.slice(0, 10)));
    const [alone] = await embeddings.embedDocuments([text]);
    assert.deepEqual(alone, together[at]);
  }
});

test('the service replies to other requests while texts are embedded', async (t) => {
  const service = await startService(t, { embedded: true });
  let embedded = false;
  const call = service.call('POST', '/v1/embeddings', { input: longTexts, model: 'e5-small-v2-q' }).finally(() => {
    embedded = true;
  });
  let served = 0;
  for (; !embedded; served += 1) assert.equal((await service.call('GET', '/health/live')).status, 200);
  assert.equal((await call).json.data.length, longTexts.length);
  assert.ok(served > longTexts.length, `${served} requests`);
});

test('a question is embedded before passages of documents that still wait', async () => {
  const ends: string[] = [];
  const passages = longTexts.map((text) => embeddings.embedDocuments([text]).then(() => ends.push('passage')));
  const question = embeddings.embedQuery('Which city governs France?').then(() => ends.push('question'));
  await Promise.all([...passages, question]);
  assert.equal(ends.indexOf('question'), 1, 'right after the passage that had begun');
});

test('aborting rejects calls that wait, and skips their texts that have not begun', async () => {
  const leaving = new AbortController();
  const { signal } = leaving;
  const ends: string[] = [];
  const told = (what: string) => () => ends.push(what);
  const left = [
    embeddings.embedDocuments(longTexts, { signal }).catch(told('left')),
    embeddings.embedQuery('A question', { signal }).catch(told('left')),
  ];
  const stayed = embeddings.embedDocuments(longTexts.slice(0, 2)).then(told('stayed'));
  leaving.abort(new Error('gone'));
  await Promise.all([...left, stayed]);
  assert.deepEqual(ends, ['left', 'left', 'stayed']);
  await assert.rejects(embeddings.embedDocuments(['A text'], { signal }), /gone/);
});

test('the environment tells ONNX Runtime to send no telemetry', () => {
  assert.equal(process.env.ORT_DISABLE_TELEMETRY, '1');
});

test('missing weights and an unknown model name are refused with an error that says so', async (t) => {
  await assert.rejects(EmbeddedEmbeddings.load('e5-small-v2-q', await temporaryFolder(t)), {
    code: 'NOT_READY',
    message: /npm run setup/,
  });
  await assert.rejects(EmbeddedEmbeddings.load('../../etc', modelsDir), { code: 'BAD_SETTINGS' });
});

test('weights that are whole but cannot be loaded are not said to need another set-up', () => {
  const failed = (code: string, words = '') => whyNotLoaded(Object.assign(new Error(words), { code }));
  assert.match(failed('ERR_WORKER_OUT_OF_MEMORY'), /not enough memory/);
  assert.match(failed('ERR_DLOPEN_FAILED'), /ONNX Runtime/);
  assert.match(failed('EACCES'), /may not read/);
  assert.match(failed('', 'Load model from /somewhere failed:system error number 13'), /may not read/);
  assert.match(failed('', 'Protobuf parsing failed.'), /npm run setup/);
});
