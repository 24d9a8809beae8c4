import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findEvidence } from '../../src/chain/evidence.ts';

const passage = (text: string, start = 0, id = 'p') => ({
  id,
  documentId: 'd',
  source: 's.md',
  title: 'S',
  text,
  start,
  end: start + text.length,
  score: 1,
  rank: 1,
});

test('a quotation is found word for word, with its place in the document', () => {
  const [found] = findEvidence(['type 2'], [passage('noise of type 2 is weak', 100)]);
  assert.deepEqual(found, { quote: 'type 2', passageId: 'p', start: 109, end: 115 });
});

test('a passage that holds a quotation as it is goes before one that holds it with other marks', () => {
  const given = [passage('The old mill', 0, 'plain'), passage('The **old** mill', 90, 'exact')];
  assert.equal(findEvidence(['The **old** mill'], given)[0]?.passageId, 'exact');
});

test('a quotation may differ from the passage in white space only, and what is shown is the passage’s own text', () => {
  const [found] = findEvidence(['weak  noise'], [passage('a weak\nnoise')]);
  assert.equal(found?.quote, 'weak\nnoise');
});

test('a quotation is found in either Unicode form of its accents, and across soft hyphens', () => {
  const [nfc, nfd] = ['un résumé à Zürich', 'un re\u0301sume\u0301 a\u0300 Zu\u0308rich'];
  assert.equal(findEvidence([nfd], [passage(nfc)])[0]?.quote, nfc);
  assert.equal(findEvidence([nfc], [passage(nfd)])[0]?.quote, nfd);
  const hyphenated = 'a war\u00adran\u00adty of two years';
  assert.deepEqual(findEvidence(['warranty of'], [passage(hyphenated, 10)]), [
    { quote: 'war\u00adran\u00adty of', passageId: 'p', start: 12, end: 25 },
  ]);
  assert.equal(findEvidence(['war\u00adranty'], [passage('warranty')])[0]?.quote, 'warranty');
});

test('soft hyphens between the words of a quotation are ignored, and cost no time', () => {
  const hyphens = ' \u00ad'.repeat(40);
  const spaces = ' '.repeat(2_000);
  assert.deepEqual(findEvidence([`weak${hyphens} noise of`], [passage(`weak${spaces}sound`)]), []);
  assert.equal(findEvidence([`\u00ad weak${hyphens} noise`], [passage('a weak noise')])[0]?.quote, 'weak noise');
});

for (const [what, text, quoted, shown] of [
  [
    'typographic quotation marks',
    'The mason\u2019s \u201cgrand\u201d house.',
    'The mason\'s "grand" house.',
    'The mason\u2019s \u201cgrand\u201d house.',
  ],
  ['dashes', 'From 1904\u20131911 it ran.', 'From 1904-1911 it ran', 'From 1904\u20131911 it ran'],
  [
    'emphasis',
    'The **notice period** is _three_ months.',
    'The notice period is three months.',
    'The **notice period** is _three_ months.',
  ],
  ['code', 'Set `TOP_K` to 3.', 'Set TOP_K to 3.', 'Set `TOP_K` to 3.'],
  ['dots for what goes on', 'The tower was built in 1382 by Hale.', '…built in 1382 by…', 'built in 1382 by'],
  ['dots around a word', 'The tower was built in 1382 by Hale.', '… Hale …', 'Hale'],
  ['a full stop of its own', 'Pell rebuilt it, and since 1951 it runs.', 'Pell rebuilt it.', 'Pell rebuilt it'],
  ['marks of its own', 'Pell rebuilt it, and since 1951 it runs.', '"Pell rebuilt it."', 'Pell rebuilt it'],
  ['marks around three letters', 'The Falcon Pro flies.', '“Pro”', 'Pro'],
  [
    'a tag that the prompt disarms',
    'Put it into <question> tags.',
    'Put it into ‹question> tags.',
    'Put it into <question> tags.',
  ],
  ['dots of its own', 'It was built by… then.', 'was built by...', 'was built by…'],
  ['emphasis after a sign', 'old;new **mill** here', 'new mill here', 'new **mill** here'],
  ['zero-width spaces', 'the data\u200bbase store', 'the database store', 'the data\u200bbase store'],
] as const)
  test(`a quotation is found though it differs in ${what}`, () => {
    assert.deepEqual(findEvidence([quoted], [passage(text, 7)]), [
      { quote: shown, passageId: 'p', start: 7 + text.indexOf(shown), end: 7 + text.indexOf(shown) + shown.length },
    ]);
  });

test('what a quotation leaves out with dots is not shown, and every part must be there', () => {
  const given = [passage('The tower, which is tall, was built in 1382.')];
  const shown = findEvidence(['The tower ... was built in 1382.'], given).map(({ quote }) => quote);
  assert.deepEqual(shown, ['The tower', 'was built in 1382.']);
  assert.deepEqual(findEvidence(['The tower ... was built in 1911.', 'The ... in 1382.'], given), []);
  const chinese = [passage('东京塔在西边，通知期为三个月。')];
  assert.deepEqual(
    findEvidence(['东京塔…三个月'], chinese).map(({ quote }) => quote),
    ['东京塔', '三个月'],
  );
  assert.deepEqual(findEvidence(['东京塔…西'], chinese), []);
});

test('the parts of a quotation with dots stand in one passage, one after another', () => {
  const given = [
    passage('The mill is old. The tower, which is tall, was built in 1382.'),
    passage('It burnt in 1911.', 90),
  ];
  assert.equal(findEvidence(['The tower ... built in 1382 ...'], given).length, 2);
  for (const quote of ['The tower ... burnt in 1911', 'was built ... The tower', 'The tower ... The tower'])
    assert.deepEqual(findEvidence([quote], given), [], quote);
});

test('a power is no product, and signs that stand alone are no emphasis', () => {
  for (const [quote, text] of [
    ['2 * 3', 'That is 2 ** 3.'],
    ['2 ** 3', 'That is 2 * 3.'],
    ['a b c', 'the a ** b c'],
  ] as const)
    assert.deepEqual(findEvidence([quote], [passage(text)]), [], quote);
});

test('a passage of accents alone costs no more than its length', () => {
  const accents = `e${'\u0301'.repeat(200_000)}`;
  assert.deepEqual(findEvidence(['\u0301\u0301\u0301'], [passage(accents)]), []);
});

test('a quotation begins and ends with whole words and whole numbers', () => {
  const given = [passage('In inland it weighs 14 kg or 1.4 kg, is 1,024 mm and 2*3 long; 東京都は首都。')];
  for (const quote of ['4 kg', 'is 1', '024 mm', '4 kg or 1', 'land', 'nland it', '23 long'])
    assert.deepEqual(findEvidence([quote], given), [], quote);
  for (const quote of ['it weighs 14 kg', '14 kg', '1.4 kg', '1,024 mm'])
    assert.equal(findEvidence([quote], given)[0]?.quote, quote);
  assert.deepEqual(findEvidence(['un resume'], [passage('un resume\u0301')]), []);
  assert.deepEqual(findEvidence(['maxtokens', 'maxtokens is'], [passage('The max_tokens is 3.')]), []);
  assert.equal(findEvidence(['통지 기간'], [passage('통지 기간은 석 달')])[0]?.quote, '통지 기간', 'a Korean particle');
  assert.equal(findEvidence(['京都は'], given)[0]?.quote, '京都は');
  assert.equal(findEvidence(['and'], [passage('The land and the sea')])[0]?.start, 9);
  assert.equal(findEvidence(['the ton'], [passage('the tonne and the ton')])[0]?.start, 14);
  assert.deepEqual(findEvidence(['해지는 하'], [passage('해지는 한 달 전')]), [], 'a Korean syllable is whole');
});

test('a number without its sign is another number; a hyphen, a range and a bullet are no signs', () => {
  const given = [passage('Keep it at -5 °C, (\u221220 °C at most). From 3-9 kg in type-2 form:\n- 7 bolts.')];
  for (const quote of ['5 °C', '20 °C at most', '20 °C at  most'])
    assert.deepEqual(findEvidence([quote], given), [], quote);
  for (const quote of ['-5 °C', '\u221220 °C', '-20 °C at most', '9 kg', '2 form', '7 bolts'])
    assert.equal(findEvidence([quote], given).length, 1, quote);
  for (const text of [
    'Keep it at **-5 °C**.',
    'At `-5 °C`.',
    'Set “-5 °C”',
    '**"-5 °C"** is set.',
    't=-5 °C',
    '|-5 °C|',
  ])
    assert.deepEqual(findEvidence(['5 °C'], [passage(text)]), [], text);
  for (const text of ['From **1**-5 °C.', 'From 1 %-5 °C.', '(1)-5 °C'])
    assert.equal(findEvidence(['5 °C'], [passage(text)]).length, 1, text);
});

test('a quotation of any length is looked for without a regular expression that could be too large', () => {
  const long = 'word é '.repeat(14_000);
  assert.deepEqual(findEvidence([`${long}x`], [passage('A word.')]), []);
  assert.equal(findEvidence([long], [passage(long)])[0]?.quote, long.trim());
  assert.equal(findEvidence([long.replaceAll(' ', '\n')], [passage(long)])[0]?.quote, long.trim());
});

test('a quotation with another word, another case or fewer than three characters is dropped', () => {
  const quotes = ['strong noise', 'Weak', '', 'a', 'it', '**a**', '.*'];
  assert.deepEqual(findEvidence(quotes, [passage('it is a weak noise')]), []);
});

test('whatever is quoted, what comes back is a slice of its document', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.nat(200),
      fc.nat(60),
      fc.nat(1000),
      (text, from, length, start) => {
        const given = passage(text, start);
        for (const { quote, start: at, end } of findEvidence([text.slice(from, from + length), text], [given])) {
          assert.equal(text.slice(at - start, end - start), quote);
          assert.ok(quote.trim() === quote && quote !== '');
        }
      },
    ),
  );
});

test('marks of direction, joiners, full width and line ends within Chinese do not keep a quotation from being found', () => {
  for (const [quote, text, quoted] of [
    ['مدة الإشعار ثلاثة', '\u200fمدة\u200f الإشعار\u200e ثلاثة أشهر', 'مدة\u200f الإشعار\u200e ثلاثة'],
    ['通知期为三个月', '离职通知期为三\n个月。', '通知期为三\n个月'],
    ['PX-20(6 bar)', 'ポンプＰＸ－２０（6 bar）', 'ＰＸ－２０（6 bar）'],
    ['👍🏽 gut', 'sehr 👍🏽 gut', '👍🏽 gut'],
  ] as const) {
    const [found] = findEvidence([quote], [passage(text, 7)]);
    assert.equal(found?.quote, quoted);
    assert.equal(text.slice(found!.start - 7, found!.end - 7), quoted);
  }
  assert.deepEqual(findEvidence(['通知期为二个月'], [passage('通知期为三个月')]), []);
});
