import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openArchive } from '../../../src/ingest/formats/archive.ts';
import { makeZip, type ZipEntry } from './make-zip.ts';

const bad = { code: 'BAD_DOCUMENT', name: 'AppError' };
const open = (...entries: ZipEntry[]) => openArchive(makeZip(entries));
const megabytes = (count: number) => Buffer.alloc(count * 1_024 * 1_024, 'a');

test('entries are read as UTF-8, or as UTF-16 with a byte order mark; a missing entry reads as empty', async () => {
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Grüße', 'utf16le')]);
  const archive = await open({ name: 'a/b.xml', content: 'Grüße' }, { name: 'c', content: utf16 });
  assert.equal(await archive.readText('a/b.xml'), 'Grüße');
  assert.equal(await archive.readText('c'), 'Grüße');
  assert.equal(await archive.readText('d'), '');
  assert.deepEqual(['a/b.xml', 'd', 'constructor'].map(archive.has), [true, false, false]);
});

test('an entry that is not valid UTF-8 is refused', async () => {
  const archive = await open({ name: 'a', content: Buffer.from([0x61, 0xff]) });
  await assert.rejects(archive.readText('a'), { ...bad, message: /UTF-8/ });
});

test('names are read in the code page of MS-DOS, unless they are UTF-8', async () => {
  const archive = await open(
    { name: Buffer.from([0x81, 0x2e, 0x78]), content: 'CP437' },
    { name: Buffer.from('ö.x'), content: 'UTF-8' },
  );
  assert.equal(await archive.readText('ü.x'), 'CP437');
  assert.equal(await archive.readText('ö.x'), 'UTF-8');
});

test('an entry is read in the encoding that it declares as XML or HTML, unless it shows another', async () => {
  const xml = (encoding: string, text: Uint8Array) =>
    Buffer.concat([Buffer.from(`<?xml version="1.0" encoding="${encoding}"?>`), text]);
  const archive = await open(
    { name: 'a', content: xml('iso-8859-1', Buffer.from([0xfc])) },
    { name: 'b', content: xml('iso-8859-1', Buffer.from('ü')) },
    { name: 'c', content: xml('utf-8', Buffer.from([0xfc])) },
  );
  assert.match(await archive.readText('a'), /ü$/);
  assert.match(await archive.readText('b'), /[^Ã]ü$/);
  await assert.rejects(archive.readText('c'), bad);
});

test('a ZIP bomb is refused before it is unpacked', async () => {
  await assert.rejects(open({ name: 'a', content: megabytes(20) }), { ...bad, message: /far too much/ });
  const declared = { name: 'a', content: 'x', declaredBytes: 2 ** 31 };
  await assert.rejects(open(declared), { ...bad, message: /far too much/ });
  const eight = { content: 'x', declaredBytes: 8 * 1_024 * 1_024 };
  const declaring = (count: number) => open(...Array.from({ length: count }, (_, at) => ({ ...eight, name: `${at}` })));
  await declaring(128);
  await assert.rejects(declaring(129), { ...bad, message: /far too much/ });
  const nine = Array.from({ length: 9 }, (_, index) => ({ name: `${index}`, content: megabytes(7.9) }));
  const archive = await open(...nine);
  await assert.rejects(Promise.all(nine.map(({ name }) => archive.readText(name))), {
    ...bad,
    message: /far too much/,
  });
});

test('an entry that unpacks to more or less than its declared size is refused', async () => {
  for (const declaredBytes of [10, 2_000_000]) {
    const archive = await open({ name: 'a', content: megabytes(1), declaredBytes });
    await assert.rejects(archive.readText('a'), { ...bad, message: 'The file is damaged.' });
  }
});

test('an archive is refused if a name leads out of it or occurs twice, if it has too many entries, or if it is encrypted', async () => {
  for (const name of ['../a', '/etc/passwd', 'a/../../b', 'C:/a', 'a\\..\\..\\b'])
    await assert.rejects(open({ name, content: 'x' }), { ...bad, message: /lead out/ });
  const twice = { name: 'a', content: 'x' };
  await assert.rejects(open(twice, twice), { ...bad, message: /one name/ });
  const many = Array.from({ length: 10_001 }, (_, index) => ({ name: `${index}`, content: '' }));
  await assert.rejects(open(...many), { ...bad, message: /10000 entries/ });
  await assert.rejects(open({ name: 'a', content: 'x', encrypted: true }), { ...bad, message: /password/ });
});

test('an archive with any one byte damaged is read or refused as BAD_DOCUMENT', async () => {
  const whole = makeZip([
    { name: 'a', content: 'Some text. '.repeat(20) },
    { name: 'b', content: 'x' },
  ]);
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0x55;
    await openArchive(damaged)
      .then((archive) => archive.readText('a'))
      .catch((error) => assert.equal(error.code, 'BAD_DOCUMENT', `at ${at}: ${error.stack}`));
  }
});
