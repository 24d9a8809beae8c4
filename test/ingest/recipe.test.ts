import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { recipeVersion } from '../../src/ingest/ingest.ts';
import { loadDocument, loadText } from '../../src/ingest/load.ts';
import { splitDocument } from '../../src/ingest/split.ts';
import { createTokenCounter } from '../../src/ingest/tokens.ts';

/** What the texts and the files of `corpus/` are read as, by the version of the recipe that reads them so. */
const readAs = { version: 13, digest: '91a5011d68110dc3' };

const texts = [
  [
    'text',
    'Please contact HR. They answer within two days. The battery has 5000 mAh. It lasts. Am 3. Oktober z. B. regnet es.',
  ],
  ['text', '这座木桥建于1871年。桥长二十四米！「はい。」と言った。技師は田中さんでした。สะพานไม้สร้างขึ้น ความยาว 24 เมตร'],
  [
    'text',
    'La reunio\u0301n sera\u0301 man\u0303ana. The suspen\u00adsion was rebuilt in 1904.[2] طول الجسر عشرون؟ यह पुल है। वह नदी है।',
  ],
  [
    'markdown',
    '# Costs\n\nThe *bridge* **cost 4,100 crowns.** Paid by the _parish_.\n\n| year | repair |\n|---|---|\n| 1890 | deck |',
  ],
  [
    'html',
    '<h1>Ferry</h1><p>It runs.<p hidden="x">Platypus.<ul><li><s>One</s><li>Two</ul><table><tr><th>a<th>b<tr><td><p>1<td><p>2</table>',
  ],
  ['csv', 'name;height\nAlder;24\nBirch;19\n'],
  ['json', '{"trees":[{"name":"Alder","height":24},{"name":"Birch","height":19}]}'],
] as const;

test('whoever changes how documents are read raises the version of the recipe, so that stored ones are read anew', async () => {
  const countTokens = createTokenCounter();
  const folder = new URL('../../corpus/', import.meta.url);
  const hash = createHash('sha256');
  const loading = [
    ...texts.map(([format, text]) => loadText({ format, text })),
    ...readdirSync(folder)
      .sort()
      .map((name) => loadDocument({ name, bytes: readFileSync(new URL(name, folder)) })),
  ];
  for (const loaded of await Promise.all(loading)) {
    const passages = splitDocument(loaded, { chunkSizeTokens: 256, chunkOverlapTokens: 32, countTokens });
    hash.update(JSON.stringify([loaded.title, loaded.text, passages]));
  }
  const digest = hash.digest('hex').slice(0, 16);
  assert.ok(
    recipeVersion > readAs.version || digest === readAs.digest,
    `Documents are read otherwise than before: raise recipeVersion in src/ingest/ingest.ts, and write its number and "${digest}" here. If a file of corpus/ was changed, the digest alone.`,
  );
  assert.deepEqual({ version: recipeVersion, digest }, readAs, 'this is what the new version reads: write it here');
});
