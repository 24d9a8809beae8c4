import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadJson } from '../../../src/ingest/formats/json.ts';
import { loadJsonLines } from '../../../src/ingest/formats/json-lines.ts';

const bad = { code: 'BAD_DOCUMENT', name: 'AppError' };

test('keys and values are read in order, each after the path that leads to it', () => {
  const { text, title, blocks } = loadJson(`{
    "title": "Staff", "10": 1, "2": 12345678901234567890, "2": 1.50,
    "tags": ["a", "b"], "address": { "city": "Paris", "zip": "1" },
    "people": [{ "name": "Bo", "age": 3 }, { "name": "Mia", "home": { "city": "Rome" } }, { "name": "Zed" }],
    "none": null, "empty": {}, "nothing": "", "list": [] }`);
  assert.equal(title, 'Staff');
  assert.equal(
    text,
    [
      'title: Staff; 10: 1; 2: 12345678901234567890; 2: 1.50',
      'tags: a; b',
      'address: city: Paris; zip: 1',
      'people: name: Bo; age: 3',
      '',
      'people: name: Mia',
      'people.home: city: Rome',
      '',
      'people: name: Zed',
      'none: null; empty: {}; nothing: ""; list: []',
    ].join('\n'),
  );
  assert.ok(blocks.every(({ kind }) => kind === 'table'));
});

test('a long text keeps its own lines and paragraphs', () => {
  const long = `${'A sentence that goes on. '.repeat(20).trim()}\n\nAnother "paragraph".`;
  assert.equal(loadJson(JSON.stringify({ a: { b: long, c: 1 } })).text, `a.b: ${long}\na.c: 1`);
});

test('a single value, or nested arrays without keys, is a document too', () => {
  assert.equal(loadJson(' "Just words." ').text, 'Just words.');
  assert.equal(loadJson('[[1, 2], [], [3]]').text, '1; 2\n[]\n3');
});

test('in JSON Lines every line is a record, and the error names the line that is not JSON', () => {
  const { text } = loadJsonLines('{"q":"Who?","a":"Bo"}\n\n{"q":"Why?","a":{"b":1}}\n[1,2]\n');
  assert.equal(text, 'q: Who?; a: Bo\n\nq: Why?\na: b: 1\n\n1; 2');
  assert.throws(() => loadJsonLines('{}\n{"secret":\n'), { ...bad, message: 'Line 2 of the file is not valid JSON.' });
});

test('a file that is not JSON is refused without quoting it', () => {
  for (const source of ['', 'The secret', '{"secret": 1', '<html>', '{"a":1}\n{"a":2}'])
    assert.throws(() => loadJson(source), { ...bad, message: /^The file is not valid JSON/ });
});

test('JSON that nests too deep is refused, quickly', () => {
  for (const source of [
    `${'['.repeat(1e6)}${']'.repeat(1e6)}`,
    '{"a":'.repeat(2e5).concat('1', '}'.repeat(2e5)),
    '['.repeat(1e6),
  ])
    assert.throws(() => loadJson(source), bad);
});

test('a long key repeated for every value cannot turn a small file into a huge text', () => {
  const name = 'n'.repeat(1_000_000);
  const source = `{"${name}":[${'{"a":1},'.repeat(200_000)}1]}`;
  assert.throws(() => loadJson(source), { ...bad, message: /too much text/ });
});

test('every key and value of any JSON is in its text', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.boolean(), (json, isIndented) => {
      const value: unknown = JSON.parse(json);
      const { text, blocks, breaks } = loadJson(isIndented ? JSON.stringify(value, null, 2) : json);
      const plain = (words: string) => words.replace(/\s+/g, ' ').trim();
      JSON.stringify(value, function (this: unknown, key, part: unknown) {
        assert.ok(Array.isArray(this) || plain(text).includes(plain(key)));
        if (typeof part === 'string' || typeof part === 'number') assert.ok(plain(text).includes(plain(String(part))));
        return part;
      });
      let end = 0;
      for (const block of blocks) {
        assert.ok(block.start >= end && block.end > block.start && block.end <= text.length);
        end = block.end;
      }
      assert.deepEqual(
        breaks,
        breaks.toSorted((one, other) => one - other),
      );
    }),
    { seed: 5, numRuns: 500 },
  );
});

test('a Jupyter notebook is read cell by cell: its text, its code and what the code printed', () => {
  const notebook = {
    nbformat: 4,
    metadata: { language_info: { name: 'python' } },
    cells: [
      { cell_type: 'markdown', source: ['# Churn\n', '\n', 'We train on 2023.'] },
      {
        cell_type: 'code',
        source: 'fit()',
        outputs: [
          { output_type: 'stream', text: ['\u001b[1mepoch 8\u001b[0m\r\n', 'done\n'] },
          { output_type: 'execute_result', data: { 'text/plain': '0.93', 'image/png': 'AAAA' } },
          { output_type: 'display_data', data: { 'text/html': '<b>x</b>' } },
          { output_type: 'error', traceback: ['no'] },
        ],
      },
      { cell_type: 'code', source: ' ', outputs: [] },
      { cell_type: 'raw', source: 'The end. ```' },
    ],
  };
  const { text, title, blocks } = loadJson(JSON.stringify(notebook));
  assert.equal(title, 'Churn');
  assert.equal(
    text,
    '# Churn\n\nWe train on 2023.\n\n```python\nfit()\n```\n\n```\nepoch 8\ndone\n```\n\n```\n0.93\n```\n\nThe end. ```',
  );
  assert.deepEqual(
    blocks.map(({ kind }) => kind),
    ['code', 'code', 'code'],
  );
  for (const other of [
    { ...notebook, nbformat: 3 },
    { ...notebook, cells: [{ cell_type: 'code' }] },
  ])
    assert.match(loadJson(JSON.stringify(other)).text, /nbformat: /);
});

test('code in a notebook stays code, whatever fences it holds itself', () => {
  const source = 'help = """\n```\n~~~~~~~~\n# Not a heading\n"""';
  const notebook = { nbformat: 4, cells: [{ cell_type: 'code', source }] };
  const { text, headings, blocks } = loadJson(JSON.stringify(notebook));
  assert.ok(text.includes(source));
  assert.deepEqual(headings, []);
  assert.deepEqual(blocks, [{ start: 0, end: text.length, kind: 'code' }]);
});

test('invisible hints of where a word may be broken do not split words', () => {
  const { text, blocks } = loadJson('{"na\u200bme": "Al\\u00adder\u00ad wood\u2060", "ไทย": "ภาษา\u200bไทย"}');
  assert.equal(text, 'name: Alder wood; ไทย: ภาษา\u200bไทย');
  assert.deepEqual(blocks, [{ start: 0, end: text.length, kind: 'table' }]);
  const long = loadJson(`{"text": "${'Alder\u200b '.repeat(100)}"}`);
  assert.equal(long.text, `text: ${'Alder '.repeat(100).trim()}`);
});
