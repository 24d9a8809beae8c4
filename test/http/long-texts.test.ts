import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { type TestContext, test } from 'node:test';
import { parseKeys } from '../../src/api-key.ts';
import type { TextPart } from '../../src/knowledge/port.ts';
import { startService } from '../doubles/service.ts';
import { smallDocument } from '../doubles/small-document.ts';

/** A text of several parts, larger than what connections hold. */
const megabytes = 32;
const text = `Alder \\ "wood"\n${'ü'.repeat(megabytes * 2 ** 19)}`;
const ann = { authorization: 'Bearer canary-key-ann' };

async function startWithLongText(t: TestContext) {
  const service = await startService(t, { settings: { API_KEYS: 'ann:canary-key-ann,bob:canary-key-bob' } });
  const { knowledge } = service.parts;
  const passage = { start: 0, end: 5, headingPath: [] };
  const document = { ...smallDocument('long.md', 'Alder'), text, passages: [{ ...passage, windows: [passage] }] };
  const [put] = await knowledge.put([document]);
  const read: (TextPart | null)[] = [];
  const readPart = knowledge.text;
  knowledge.text = async (...asked) => {
    const part = await readPart(...asked);
    read.push(part);
    return part;
  };
  const path = `/documents/${put!.id}`;
  /** Asks for the document, and reads nothing of it yet. */
  async function open() {
    const request = get(service.url + path, { headers: ann, agent: false });
    t.after(() => request.destroy());
    const [response] = await once(request, 'response');
    return response as import('node:http').IncomingMessage;
  }
  /** Resolves when no part was read for a while. */
  async function untilStill() {
    for (let seen = -1; seen !== read.length; ) {
      seen = read.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  return { ...service, document, read, path, open, untilStill };
}

test('a long document comes whole, and with HEAD as a type alone; one that is removed has not been read', async (t) => {
  const { url, call, read, path, logLines } = await startWithLongText(t);
  const { status, json } = await call('GET', path, undefined, ann);
  assert.deepEqual([status, json.source, json.characters, json.passages], [200, 'long.md', text.length, 1]);
  assert.ok(json.text === text);
  assert.ok(read.length > 10);
  const head = await fetch(url + path, { method: 'HEAD', headers: ann });
  assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'application/json; charset=utf-8']);
  read.length = 0;
  assert.equal((await call('DELETE', path, undefined, ann)).status, 204);
  assert.equal(read.length, 0);
  assert.ok(!logLines.some((line) => /client left|stream ended/.test(line)));
});

test('of a long document no more is read than the client takes, and nothing once it has left or its key is revoked', async (t) => {
  const { call, path, open, untilStill, read, logLines } = await startWithLongText(t);
  const whole = (await call('GET', path, undefined, ann)) && read.length;
  read.length = 0;
  const slow = await open();
  await untilStill();
  assert.ok(read.length < whole / 2, `${read.length} of ${whole} parts`);
  slow.destroy();
  await untilStill();
  assert.ok(read.length < whole / 2, `${read.length} of ${whole} parts`);
  assert.equal(logLines.filter((line) => line.includes('client left')).length, 1);
});

test('a reply with a long document breaks off where the document is replaced, the store fails, or the key is revoked, and the log says so', async (t) => {
  const service = await startWithLongText(t);
  const { open, untilStill, document, read, parts, logLines } = service;
  const told = () =>
    logLines.flatMap((line) => (line.includes('stream ended with an error') ? [JSON.parse(line).error] : []));
  const ended = async (response: NodeJS.ReadableStream) => {
    response.resume();
    await assert.rejects(once(response, 'end'), { code: 'ECONNRESET' });
  };
  const slow = await open();
  await untilStill();
  await parts.knowledge.put([{ ...document, text: `${text}.`, contentHash: 'other' }]);
  await ended(slow);
  assert.equal(read.at(-1), null);

  const failing = await open();
  await untilStill();
  const { text: readText } = parts.knowledge;
  parts.knowledge.text = () => Promise.reject(new TypeError('Alder is undefined'));
  await ended(failing);
  parts.knowledge.text = readText;

  const ofAnn = await open();
  await untilStill();
  read.length = 0;
  parts.keyring.replace(parseKeys('bob:canary-key-bob').keys);
  await ended(ofAnn);
  assert.ok(read.length <= 1);
  assert.deepEqual(
    told().map(({ code, cause }) => [code, cause?.name]),
    [
      ['NOT_READY', undefined],
      ['INTERNAL', 'TypeError'],
      ['KEY_REJECTED', undefined],
    ],
  );
});
