import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentStems, readWords } from '../../src/ranking/words.ts';

test('words are the same however their accents are encoded, with soft hyphens or without', () => {
  for (const [one, other] of [
    ['le résumé, l’été', 'le re\u0301sume\u0301, l’e\u0301te\u0301'],
    ['two-year warranties', 'two-year war\u00adran\u00adties'],
    ['la mañana, tiếng Việt', 'la man\u0303ana, tie\u0302\u0301ng Vie\u0323\u0302t'],
  ] as const)
    assert.deepEqual(contentStems(one), contentStems(other));
});

test('each word has the place where it begins, its text as it stands there, and its stem', () => {
  const words = readWords('A war\u00adranty of 1,024 days, it’s said');
  assert.deepEqual(
    words.map(({ text, start, stem }) => [text, start, stem]),
    [
      ['A', 0, 'a'],
      ['war\u00adranty', 2, 'warranti'],
      ['of', 12, 'of'],
      ['1,024', 15, '1024'],
      ['days', 21, 'day'],
      ['it’s', 27, 'it'],
      ['said', 32, 'said'],
    ],
  );
});

test('words of scripts without spaces are read one by one, and words that questions are asked with tell nothing', () => {
  const held = (question: string, text: string) => {
    const said = contentStems(text);
    return [...contentStems(question)].filter((stem) => said.has(stem)).length / contentStems(question).size;
  };
  for (const [question, text] of [
    ['最高压力是多少？', '最高允许压力为6巴。'],
    ['フィルターはどのくらいの頻度で清掃しますか？', 'フィルターは清掃してください。頻度は40時間です。'],
    ['필터를 왜 청소해야 합니까?', '필터는 40시간마다 청소해야 합니다.'],
    ['متى افتتح مكتب القاهرة؟', 'افتُتح المكتب في القاهرة عام 1987.'],
    ['Когда открыт офис?', 'Офис открыт в 1987 г.'],
    ['Welcher Filter wird gereinigt?', 'Der Filter wird gereinigt.'],
    ['İzmir ofisi ne zaman açıldı?', 'IZMIR OFISI AÇILDI ne zaman'],
  ] as const)
    assert.equal(held(question, text), 1, question);
  const text = '办公室于1987年\n开业 OK';
  for (const word of readWords(text)) assert.equal(text.charAt(word.start), word.text.charAt(0));
  assert.deepEqual(
    readWords('第3章 iPhone的价格').map((word) => word.text),
    ['第', '3', '章', 'iPhone', '的', '价格'],
  );
});
