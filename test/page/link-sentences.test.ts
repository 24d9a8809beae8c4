import assert from 'node:assert/strict';
import { test } from 'node:test';

type LinkSentences = (sentences: string[], evidence: object[]) => (number | null)[];
const module = new URL('../../src/page/link-sentences.js', import.meta.url).href;
type SplitSentences = (text: string) => { start: number; end: number }[];
type Module = { linkSentences: LinkSentences; splitSentences: SplitSentences };
const { linkSentences, splitSentences } = (await import(module)) as Module;

const evidence = (...quotes: string[]) =>
  quotes.map((quote) => ({ quote, passageId: 'p1', start: 0, end: quote.length }));
const lighthouse = evidence(
  'The lighthouse was lit in 1862.',
  'Storms often reached the network of piers,\nbuilt by 1.5 engineers.',
);

test('a sentence is linked to the evidence that contains it, whatever its white space and case', () => {
  const sentences = ['It was so. The lighthouse was lit in 1862.', 'storms often reached  the network', 'lit in 1862'];
  assert.deepEqual(linkSentences(sentences, lighthouse), [0, 1, 0]);
});

test('a part of a word or number in the evidence does not count as a match', () => {
  assert.deepEqual(linkSentences(['86', 'Ten', 'Two', '5', 'light'], lighthouse), [null, null, null, null, null]);
});

test('sentences and quotations without meaningful words are linked to nothing', () => {
  assert.deepEqual(linkSentences(['The', '—', ''], lighthouse), [null, null, null]);
  assert.deepEqual(linkSentences(['The lamp burns oil.'], evidence('…', 'the')), [null]);
});

test('a sentence in other words is linked to the evidence that shares most of its words', () => {
  assert.deepEqual(linkSentences(['The lighthouse began to shine in 1862', 'A whale swam by'], lighthouse), [0, null]);
});

test('a sentence in other words is linked in scripts that put no spaces between words, too', () => {
  const chinese = evidence('灯塔于1904年用北采石场的花岗岩重建。');
  assert.deepEqual(
    linkSentences(['该塔在1904年重建。', '用北采石场的花岗岩重建', '该塔漆成红白条纹。', '它的门是红的。'], chinese),
    [0, 0, null, null],
  );
  const japanese = evidence('灯台は1904年に北の採石場の花崗岩で再建された。');
  assert.deepEqual(linkSentences(['灯台は1904年に再建されました。', '塔の扉は赤い。'], japanese), [0, null]);
  const thai = evidence('ประภาคารถูกสร้างขึ้นใหม่ในปี 1904 ด้วยหินแกรนิต');
  assert.deepEqual(linkSentences(['ในปี 1904 ประภาคารถูกสร้างใหม่', 'ประตูเป็นสีแดง'], thai), [0, null]);
});

test('footnote marks belong to the sentence before them', () => {
  const text = 'The dam broke in 1911.[1](#1) The next was built in 1923.[2][3] It is high.² It is long.';
  assert.deepEqual(
    splitSentences(text).map(({ start, end }) => text.slice(start, end)),
    ['The dam broke in 1911.[1](#1)', 'The next was built in 1923.[2][3]', 'It is high.²', 'It is long.'],
  );
});

test('a mark with no words before it is not taken for a footnote mark', () => {
  const text = '![dam](https://203.0.113.9/dam.png) The dam is high.[1]';
  assert.deepEqual(
    splitSentences(text).map(({ start, end }) => text.slice(start, end)),
    ['![dam](https://203.0.113.9/dam.png) The dam is high.[1]'],
  );
});

test('closing emphasis marks belong to the sentence before them', () => {
  const text = '**Logit.** A logit is a score, e.g. of a class. _Is it?_ **It** is.';
  assert.deepEqual(
    splitSentences(text).map(({ start, end }) => text.slice(start, end)),
    ['**Logit.**', 'A logit is a score, e.g. of a class.', '_Is it?_', '**It** is.'],
  );
});

test('an answer in which a model repeats itself without end is divided in linear time', () => {
  for (const sign of ['! ', 'Mr. ', '1. ', '![', '[1],”。_']) {
    const text = `It is. ${sign.repeat(1_000_000 / sign.length)} It was.`;
    assert.equal(splitSentences(text).at(-1)!.end, text.length, sign);
  }
});
