import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { Metadata, Source, Title } from '../../src/http/document-fields.ts';

const problemOf = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error?.issues[0]?.message;

test('a source is a relative path or a URL of at most 1,024 characters that climbs out of nothing', () => {
  for (const source of [
    'a.md',
    'a/b c.md',
    'https://a.example/..b',
    '...',
    'a../b',
    'c:a',
    'CC:/a',
    'a',
    'x'.repeat(1024),
  ])
    assert.equal(Source.parse(` ${source}\n`), source);
  for (const [problem, ...sources] of [
    ['must not be empty', '', ' '],
    ['must have at most 1,024 characters', 'x'.repeat(1025)],
    ['must not contain control characters', 'a\u0007.md', 'a\u0085.md'],
    ['must be relative', '/a.md', '\\\\a.md', 'C:\\a.md', 'c:/a.md'],
    ['must not climb with ..', '..', '../a.md', 'a/..', 'a/../b.md', 'a\\..\\b.md'],
  ])
    for (const source of sources) assert.equal(problemOf(Source, source), problem, source);
  assert.ok(problemOf(Source, 'a\ud800.md'));
});

test('a title is a text of at most 500 characters', () => {
  assert.equal(Title.parse(` ${'x'.repeat(500)} `), 'x'.repeat(500));
  assert.equal(problemOf(Title, ' '), 'must not be empty');
  assert.equal(problemOf(Title, 'x'.repeat(501)), 'must have at most 500 characters');
});

test('metadata is bounded in depth and length, and holds nothing that LangChain would take for its own', () => {
  const nested = (depth: number): object => ({ a: depth === 1 ? 'x' : nested(depth - 1) });
  const long = (length: number) => ({ a: 'x'.repeat(length - '{"a":""}'.length) });
  for (const metadata of [
    {},
    nested(20),
    long(20_000),
    { ['k'.repeat(200)]: [null] },
    { a: 'lc', '👍': ['"lc": \\ud800'] },
  ])
    assert.deepEqual(Metadata.parse(metadata), metadata);
  for (const [problem, ...all] of [
    ['must be nested at most 20 deep', nested(21), { a: [nested(19)] }],
    ['must have at most 20,000 characters as JSON', long(20_001)],
    ['must not contain lone surrogates', { a: '\ud800' }, { a: [{ '\udc00': 1 }] }],
    ['must not contain the key lc', { lc: 1 }, { a: [{ lc: {} }] }],
  ] as const)
    for (const metadata of all) assert.equal(problemOf(Metadata, metadata), problem);
  assert.ok(problemOf(Metadata, { ['k'.repeat(201)]: 1 }));
  // What is too long is looked at no further.
  assert.equal(Metadata.safeParse({ ...long(20_001), lc: '\ud800' }).error?.issues.length, 1);
});
