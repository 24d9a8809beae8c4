import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsWide, inOneSpelling, toSearchableWords, wordsInRun } from '../src/scripts.ts';

test('what people write in several ways is spelled in one', () => {
  for (const [one, other] of [
    ['straße', 'strasse'],
    ['ısı pompası', 'isi pompasi'],
    ['ёлка', 'елка'],
    ['مُضَخَّة', 'مضخه'],
    ['إدارة', 'اداره'],
    ['שָׁלוֹם', 'שלום'],
    ['２０２４年', '2024年'],
    ['ﾌｨﾙﾀｰ', 'フィルター'],
    ['١٩٨٧ १९८७ ๑๙๘๗', '1987 1987 1987'],
    ['می\u200cخواهم', 'ميخواهم'],
    ['\u200fשלום\u200e', 'שלום'],
  ] as const)
    assert.equal(inOneSpelling(one), inOneSpelling(other), one);
  const english = 'The “naïve” café – 5 €, m² and ½ – stays as it is…';
  assert.equal(inOneSpelling(english), english);
});

test('text without spaces between words is searched by pairs of characters, also across a line end, and by words in Thai', () => {
  assert.equal(toSearchableWords('最高\n压力，6巴').trim().replace(/\s+/g, ' '), '最高 高压 压力 ,6 巴');
  assert.deepEqual(toSearchableWords('สำนักงานเชียงใหม่').trim().split(/\s+/), ['สำนักงาน', 'เชียงใหม่']);
});

test('an Arabic article and a Korean particle do not keep a word from being found', () => {
  assert.equal(toSearchableWords('والمضخة'), toSearchableWords('مضخة'));
  assert.equal(toSearchableWords('필터는'), toSearchableWords('필터가'));
  assert.equal(toSearchableWords('물이'), '물이');
});

test('words within a run have their places, whether or not a line ends within them', () => {
  const run = '通知期为\n 三个月';
  for (const { text, start } of wordsInRun(run)) assert.equal(run.slice(start, start + 1), text.charAt(0));
  assert.ok(wordsInRun(run).some(({ text }) => text === '通知'));
  assert.deepEqual(
    wordsInRun('最高\n压力').map(({ text, start }) => [text, start]),
    [
      ['最高', 0],
      ['压力', 3],
    ],
  );
});

test('accents and dots that other languages share with those without spaces part no words', () => {
  assert.equal(toSearchableWords('g\u0303 x\u0323\u0331 don\u02bct'), 'g\u0303 x\u0323\u0331 don\u02bct');
  assert.ok(!holdsWide('Monday · Tuesday'));
});

test('short runs are remembered, and long ones are not, whose words would fill the memory', () => {
  const [short, long] = ['水泵说明书'.repeat(4), '水泵说明书'.repeat(800)];
  assert.equal(wordsInRun(short), wordsInRun(short));
  assert.notEqual(wordsInRun(long), wordsInRun(long));
});
