import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { startService } from '../doubles/service.ts';

const part = (head: string, text: string) => `--x\r\ncontent-disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
const file = part('name="files"; filename="alder.txt"', 'Alder wood is light.');
const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
const form = (...parts: string[]) => `${parts.join('')}--x--\r\n`;

/** Sends an upload byte for byte, with its content length or, in pieces, without one. */
async function upload(url: string, body: string, { inPieces = false } = {}) {
  const pieces = () => ReadableStream.from(body.match(/.{1,1000}/gs)!.map((piece) => Buffer.from(piece)));
  const sent = inPieces ? { body: pieces(), duplex: 'half' as const } : { body };
  const response = await fetch(`${url}/documents`, { method: 'POST', headers: multipart, ...sent });
  const { error, id } = (await response.json()) as { error?: { code: string; message: string }; id?: string };
  return { status: response.status, code: error?.code, message: error?.message, id };
}

test('everything in an upload counts towards MAX_BODY_BYTES: files, fields, and what stands around them', async (t) => {
  const { url, call } = await startService(t, { settings: { MAX_BODY_BYTES: '4 KiB' } });
  const fields = Array.from({ length: 9 }, (_, at) => part(`name="field-${at}"`, 'x'.repeat(500)));
  for (const inPieces of [false, true])
    for (const body of [
      form(file, ...fields),
      form(...fields, file),
      form(part('name="files"; filename="beech.txt"', 'x'.repeat(5000))),
      `${'-'.repeat(5000)}\r\n${form(file)}`,
      `${form(file)}${'-'.repeat(5000)}`,
    ]) {
      const { status, code } = await upload(url, body, { inPieces });
      assert.deepEqual([status, code], [413, 'TOO_LARGE'], body.slice(0, 20));
    }
  assert.deepEqual((await call('GET', '/documents')).json.documents, []);
  assert.equal((await upload(url, form(file), { inPieces: true })).status, 201);
  const filled = (length: number) => form(part('name="files"; filename="cedar.txt"', 'x'.repeat(length)));
  const exact = filled(4096 - filled(0).length);
  assert.deepEqual([(await upload(url, exact)).status, (await upload(url, `${exact} `)).status], [201, 413]);
});

test('a field of an upload that is sent as a file is refused, and is not stored as a document', async (t) => {
  const { url, call } = await startService(t);
  const metadata = part('name="metadata"; filename="metadata.json"', '{"team":"wood"}');
  const { status, code, message } = await upload(url, form(file, metadata));
  assert.deepEqual([status, code, message], [400, 'BAD_INPUT', 'metadata: must be a field, not a file']);
  assert.deepEqual((await call('GET', '/documents')).json.documents, []);
});

test('an upload is refused before its end once it has declared too large a size or has become too large', async (t) => {
  const { url } = await startService(t, { settings: { MAX_BODY_BYTES: '4 KiB' } });
  const files = Array.from({ length: 5 }, (_, at) => part(`name="files"; filename="${at}.txt"`, 'x'.repeat(1000)));
  for (const [length, body] of [
    [5000, '--x'],
    [undefined, files.join('')],
  ] as const) {
    const headers = { ...multipart, ...(length !== undefined && { 'content-length': length }) };
    const sent = request(`${url}/documents`, { method: 'POST', headers }).on('error', () => {});
    sent.write(body);
    const [response] = await once(sent, 'response');
    assert.equal(response.statusCode, 413);
    sent.destroy();
  }
});

test('the rest of a refused upload does not hold up the next request of its connection', async (t) => {
  const { url } = await startService(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const statusOf = async (body: string) => {
    const sent = request(`${url}/documents`, { agent, method: 'POST', headers: multipart }).end(body);
    const [response] = await once(sent, 'response');
    await response.toArray();
    return response.statusCode;
  };
  const title = part('name="title"', 'Alder');
  const large = part('name="files"; filename="beech.txt"', 'x'.repeat(4_000_000));
  assert.equal(await statusOf(form(title, title, large)), 400);
  assert.equal(await statusOf(form(file)), 201);
});

test('a mistake in a field or a file of an upload is named in the error message', async (t) => {
  const { url } = await startService(t);
  const title = (text: string) => part('name="title"', text);
  for (const [body, message] of [
    [form(title('One'), title('Two'), file), 'A field of the upload comes twice.'],
    [form(title('One'), file, file.replace('alder', 'beech')), 'title: is for an upload of one file'],
    [form(part('name="metadata"', 'team'), file), 'metadata: must be JSON'],
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

test('an upload of a hundred files is stored; of more, none is, and the message says how many there may be', async (t) => {
  const { url, call } = await startService(t);
  const files = (count: number) => Array.from({ length: count }, (_, at) => file.replace('alder', `alder-${at}`));
  const { status, code, message } = await upload(url, form(...files(101)));
  assert.deepEqual([status, code], [413, 'TOO_LARGE']);
  assert.match(message!, /^The upload has more than 100 files/);
  assert.deepEqual((await call('GET', '/documents')).json.documents, []);
  assert.equal((await upload(url, form(...files(100)))).status, 201);
  const { schema } = (await call('GET', '/openapi.json')).json.paths['/documents'].post.requestBody.content[
    'multipart/form-data'
  ];
  assert.equal(schema.properties.files.maxItems, 100);
});

test('title, metadata and collection of an upload apply to its file; the metadata may have the content type of JSON', async (t) => {
  const { url, call } = await startService(t);
  const metadata = part('name="metadata"\r\ncontent-type: application/json', '{"team":"trees"}');
  await call('PUT', '/collections/woods');
  const { id } = await upload(
    url,
    form(part('name="collection"', 'woods'), part('name="title"', 'Alder'), metadata, file),
  );
  const { json } = await call('GET', `/documents/${id}`);
  assert.deepEqual([json.collection, json.title, json.metadata], ['woods', 'Alder', { team: 'trees' }]);
});

test('texts of an upload that are not UTF-8 are read in the charset that it names', async (t) => {
  const { url, call } = await startService(t);
  const send = async (charset: string | null, name: string, text: string) => {
    const body = new FormData();
    if (charset !== null) body.append('charset', charset);
    body.append('files', new File([Buffer.from(text, 'latin1')], name));
    const response = await fetch(`${url}/documents`, { method: 'POST', body });
    const { id, error } = (await response.json()) as { id?: string; error?: { code: string; message: string } };
    return id ? (await call('GET', `/documents/${id}`)).json.text : [response.status, error?.code, error?.message];
  };
  assert.equal(
    await send('Windows-1251', 'a.csv', '\xc3\xee\xf0\xee\xe4\n\xcc\xee\xf1\xea\xe2\xe0\n'),
    'Город: Москва',
  );
  const message = 'The file is not valid UTF-8. Save it as UTF-8, or give its charset, and try again.';
  assert.deepEqual(await send(null, 'b.txt', 'K\xf6ln'), [400, 'BAD_DOCUMENT', message]);
  assert.deepEqual(await send('klingon', 'b.txt', 'K\xf6ln'), [
    400,
    'BAD_INPUT',
    'charset: must be the name of an encoding, such as windows-1252',
  ]);
});

test('of several files, the one that cannot be read is named by its place', async (t) => {
  const { url } = await startService(t);
  const bad = part('name="files"; filename="elm.pdf"', 'Elm.');
  for (const [body, code, message] of [
    [form(file, bad), 'BAD_DOCUMENT', 'File 2 of 2: The file is named a PDF but is none.'],
    [form(bad), 'BAD_DOCUMENT', 'The file is named a PDF but is none.'],
    [
      form(bad.replace('elm.pdf', 'elm.odt'), file),
      'UNSUPPORTED_FORMAT',
      "File 1 of 2: This kind of file can't be read. Save it as .docx.",
    ],
  ] as const) {
    const { code: told, message: why } = await upload(url, body);
    assert.deepEqual([told, why], [code, message]);
  }
});

test('a file keeps the quotation marks in its name, which clients send as %22', async (t) => {
  const { call, url } = await startService(t);
  const upload = new FormData();
  upload.append('files', new File(['Alder wood is light.'], 'alder “old” "new" 100%.txt'));
  assert.equal((await fetch(`${url}/documents`, { method: 'POST', body: upload })).status, 201);
  assert.equal((await call('GET', '/documents')).json.documents[0].source, 'alder “old” "new" 100%.txt');
});

test('a name, title or metadata that is not UTF-8 is refused: two files of such names would count as one', async (t) => {
  const { url, call } = await startService(t);
  const refusalOf = async (body: string) => {
    const sent = new Uint8Array(Buffer.from(body, 'latin1'));
    const response = await fetch(`${url}/documents`, { method: 'POST', headers: multipart, body: sent });
    const { error } = (await response.json()) as { error?: { code: string; message: string } };
    return [response.status, error?.code, error?.message];
  };
  // The last as a browser sends the name of a file that is not UTF-8 on its disk.
  for (const name of ['Käse.txt', 'Köse.txt', Buffer.from('K\ufffdse.txt').toString('latin1')])
    assert.deepEqual(await refusalOf(form(part(`name="files"; filename="${name}"`, 'Some text.'))), [
      400,
      'BAD_INPUT',
      "A file's name is not UTF-8, or holds U+FFFD.",
    ]);
  for (const [field, value] of [
    ['title', 'Käse'],
    ['metadata', '{"kind":"Käse"}'],
  ] as const)
    assert.deepEqual(await refusalOf(form(file, part(`name="${field}"`, value))), [
      400,
      'BAD_INPUT',
      `${field}: is not UTF-8, or holds U+FFFD`,
    ]);
  assert.deepEqual((await call('GET', '/documents')).json.documents, []);
  const whole = form(part('name="files"; filename="Käse.txt"', 'Some text.'), part('name="title"', 'Käse'));
  assert.equal((await upload(url, whole)).status, 201);
});
