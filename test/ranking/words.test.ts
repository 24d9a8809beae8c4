import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contentStems, rarityIn, rarityOf, readWords, shareOf } from '../../src/ranking/words.ts';

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

test('the forms of a word share a stem, and a number has one however it is spelled', () => {
  for (const [stem, words] of Object.entries({
    train: 'train trains trained training trainer trainers',
    meet: 'meeting meetings',
    stori: 'story stories storied',
    happi: 'happy happily',
    play: 'play plays played',
    relat: 'relation relations relational',
    organis: 'organize organise organization organisation',
    organisat: 'organisations',
    settl: 'settle settlement settlements',
    act: 'act acts actor actors action actions',
    great: 'great greatest',
    chemic: 'chemical',
    nat: 'nation nations',
    pay: 'pay payment payments',
    citi: 'city cities',
    stop: 'stop stopped stopping',
    // Too short without the ending, or without a vowel, or no ending at all.
    ring: 'ring rings',
    string: 'string strings',
    use: 'use uses',
    user: 'user',
    used: 'used',
    bee: 'bee bees',
    glass: 'glass glasses',
    system: 'system systems',
    virus: 'virus viruses',
    bus: 'bus',
    basis: 'basis',
    kindness: 'kindness',
    dog: 'dog dogs dog’s',
    'rock’n’rol': 'rock’n’roll',
    19: 'nineteen 19',
    20: 'twenty',
    30: 'thirty',
    90: 'ninety',
    100: 'hundred',
    1000: 'thousand 1,000',
    12: 'dozen twelve',
    '1,2': '1,2',
    3.5: '3.5',
  }))
    assert.deepEqual([...new Set(readWords(words).map((word) => word.stem))], [stem], words);
});

test('of a very long text only the beginning is read', () => {
  const words = readWords(`${'day '.repeat(5_000)}night`);
  assert.deepEqual([words.length, words.at(-1)!.text], [5_000, 'day']);
});

test('a word tells the more the fewer texts hold it', () => {
  const rounded = ([found, count]: [number, number]) => Number(rarityOf(found, count).toFixed(6));
  assert.deepEqual(
    (
      [
        [0, 1],
        [1, 1],
        [1, 3],
      ] as [number, number][]
    ).map(rounded),
    [1.386294, 0.287682, 0.980829],
  );
  const rarity = rarityIn(['oak birch', 'birch', 'fir birch'].map(contentStems));
  assert.deepEqual(['oak', 'birch', 'elm'].map(rarity), [rarityOf(1, 3), rarityOf(3, 3), rarityOf(0, 3)]);
});

test('the share of words that some texts hold is by rarity, each word counted once', () => {
  const stem = fc.constantFrom('alder', 'birch', 'cedar', 'elm', 'fir', 'larch', 'oak', 'pine');
  const pools = fc.array(fc.array(stem).map((stems) => new Set(stems)));
  const rarity = (stem: string) => Math.sqrt(stem.charCodeAt(0) - 96);
  fc.assert(
    fc.property(fc.uniqueArray(stem), pools, (wanted, some) => {
      const sum = (stems: string[]) => stems.reduce((total, each) => total + rarity(each), 0);
      const met = wanted.filter((each) => some.some((pool) => pool.has(each)));
      assert.equal(shareOf(wanted, rarity)(...some), wanted.length > 0 ? sum(met) / sum(wanted) : 0);
    }),
  );
});
