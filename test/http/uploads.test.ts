import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../doubles/service.ts';

const part = (head: string, text: string) => `--x\r\ncontent-disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
const file = part('name="files"; filename="alder.txt"', 'Alder wood is light.');
const form = (...parts: string[]) => `${parts.join('')}--x--\r\n`;

/** Sends an upload as it is written here, by its length or in pieces of no known number. */
async function upload(url: string, body: string, { inPieces = false } = {}) {
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const sent = inPieces ? { body: new Blob([body]).stream(), duplex: 'half' as const } : { body };
  const response = await fetch(`${url}/documents`, { method: 'POST', headers, ...sent });
  const { error, id } = (await response.json()) as { error?: { code: string; message: string }; id?: string };
  return { status: response.status, code: error?.code, message: error?.message, id };
}

test('whatever an upload holds counts towards MAX_BODY_BYTES', async (t) => {
  const { url, call } = await startService(t, { settings: { MAX_BODY_BYTES: '4 KiB' } });
  const fields = Array.from({ length: 9 }, (_, at) => part(`name="field-${at}"`, 'x'.repeat(500)));
  for (const inPieces of [false, true])
    for (const body of [form(file, ...fields), form(...fields, file), `${'-'.repeat(5000)}\r\n${form(file)}`]) {
      const { status, code } = await upload(url, body, { inPieces });
      assert.deepEqual([status, code], [413, 'TOO_LARGE'], body.slice(0, 20));
    }
  assert.deepEqual((await call('GET', '/documents')).json.documents, []);
  assert.equal((await upload(url, form(file), { inPieces: true })).status, 201);
});

test('a field that comes twice, and a file without a name, are refused in words', async (t) => {
  const { url } = await startService(t);
  const title = (text: string) => part('name="title"', text);
  for (const [body, message] of [
    [form(title('One'), title('Two'), file), 'A field of the upload comes twice.'],
    [
      form(part('name="files"\r\ncontent-type: application/octet-stream', 'Alder.')),
      'A file of the upload has no name.',
    ],
    [form(part('name="files"; filename="../a.txt"', 'Alder.')), "A file's name must not climb with ..."],
  ] as const) {
    const { status, code, message: told } = await upload(url, body);
    assert.deepEqual([status, code, told], [400, 'BAD_INPUT', message]);
  }
});

test('metadata may say of itself that it is JSON', async (t) => {
  const { url, call } = await startService(t);
  const metadata = part('name="metadata"\r\ncontent-type: application/json', '{"team":"trees"}');
  const { id } = await upload(url, form(metadata, file));
  assert.deepEqual((await call('GET', `/documents/${id}`)).json.metadata, { team: 'trees' });
});
