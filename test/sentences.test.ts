import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Span, splitSentences } from '../src/sentences.ts';

const sentencesOf = (text: string, range?: Span) =>
  splitSentences(text, range).map(({ start, end }) => text.slice(start, end));

/** Texts of what matters to the splitter: sentence ends, abbreviations, all kinds of white space, surrogate pairs. */
const someText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '. ',
        '? ',
        '! ',
        '\n',
        '\n\n',
        '\r\n',
        '\f',
        '\u2029',
        'e.g. ',
        'Dr. ',
        'A. ',
        '1. ',
        '"',
        ') ',
        '😀',
        '。',
        '** ',
        '.*_',
        '.[1]',
        '.(',
        '.²',
        '  ',
      ),
      fc.lorem({ maxCount: 3 }),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

test('sentences end where a reader would say they end', () => {
  assert.deepEqual(sentencesOf('One is here. Is two? Yes! "Three," he said.'), [
    'One is here.',
    'Is two?',
    'Yes!',
    '"Three," he said.',
  ]);
  assert.deepEqual(sentencesOf('中文句子。第二句！'), ['中文句子。', '第二句！']);
});

test('abbreviations, initials, decimals, versions and list numbers end no sentence', () => {
  for (const sentence of [
    'Dr. Smith met Prof. Jones vs. Mr. Bell.',
    'Some animals, e.g. Lions, i.e. Big cats, sleep.',
    'See Fig. 3 and Eq. 4 on p. 5, No. 7, Sec. 2.',
    'As J. K. Rowling and T. S. Eliot wrote, it rains.',
    'Smith et al. (2019) and Jones et al. [4] agree.',
    'It costs 3.14 dollars in v2.0.1 of Node.js.',
    'The U.S. Army left.',
    'On Jan. 5 Bob came.',
    '1. Open the lid.',
    '"Really?" he asked.',
  ])
    assert.deepEqual(sentencesOf(sentence), [sentence]);
});

test('a mark that may end a sentence does so if the next word begins one', () => {
  assert.deepEqual(sentencesOf('He left the U.S. The end came.'), ['He left the U.S.', 'The end came.']);
  assert.deepEqual(sentencesOf('Shown by Smith et al. However, it failed.'), [
    'Shown by Smith et al.',
    'However, it failed.',
  ]);
  assert.deepEqual(sentencesOf('The answer is no. He left.'), ['The answer is no.', 'He left.']);
});

test('marks closing emphasis or code belong to the sentence before them', () => {
  assert.deepEqual(sentencesOf('**Logit.** A logit is a score. _Is it?_ It is. Run `x.` Then *stop.*'), [
    '**Logit.**',
    'A logit is a score.',
    '_Is it?_',
    'It is.',
    'Run `x.`',
    'Then *stop.*',
  ]);
  assert.deepEqual(sentencesOf('It is soft. **Alder** floats. *It* is light.'), [
    'It is soft.',
    '**Alder** floats.',
    '*It* is light.',
  ]);
  assert.deepEqual(sentencesOf('Some animals, **e.g.** Lions, sleep.'), ['Some animals, **e.g.** Lions, sleep.']);
});

test('footnote marks belong to the sentence before them, an opening bracket to the one after', () => {
  for (const sentences of [
    ['The dam broke in 1911.[1]', 'The next was built in 1923.[2][3]', 'Then came a third.'],
    ['It is soft.[^1]', 'It floats.[[4]](#4)', 'It burns.¹²', 'It is light.'],
    ['Is it true?[4]', 'He said "yes."[5]', 'Then he left.'],
    ['He left.', '(Then she came.)', 'All was well.'],
    ['Smith et al.[4] agree.'],
  ])
    assert.deepEqual(sentencesOf(sentences.join(' ')), sentences);
  assert.deepEqual(sentencesOf('He left.(Then she came.)'), ['He left.', '(Then she came.)']);
  assert.deepEqual(sentencesOf('中文句子。[1]第二句！'), ['中文句子。[1]', '第二句！']);
});

test('a line break counts as a space, a blank line ends a sentence', () => {
  assert.deepEqual(sentencesOf('One line\ngoes on\r\nhere\n \nand this is new'), [
    'One line\ngoes on\r\nhere',
    'and this is new',
  ]);
});

test('Markdown images and links are not split', () => {
  for (const text of [
    'See ![the plan](plan.png) for the rooms.',
    '[![Build](a.svg)](b) [![Version][c]][d]',
    'See [What is it?](#what) and (![x](y.png)).',
  ])
    assert.deepEqual(sentencesOf(text), [text]);
  assert.deepEqual(sentencesOf('Wow![1] It works! [Really] so.'), ['Wow![1]', 'It works!', '[Really] so.']);
});

test('with a range only that part is split, with offsets into the whole text', () => {
  assert.deepEqual(splitSentences('No. Yes it is. But. no', { start: 4, end: 19 }), [
    { start: 4, end: 14 },
    { start: 15, end: 19 },
  ]);
});

test('a sentence that is too long is cut at a line end or white space, never within a character', () => {
  const lines = sentencesOf('word word word\n'.repeat(200));
  assert.ok(lines.length > 1 && lines.every((line) => line.length <= 1_000 && line.endsWith('word word word')));
  const emoji = sentencesOf(`x${'😀'.repeat(3_000)}`);
  assert.ok(emoji.length > 5 && emoji.every((piece) => piece.length <= 1_000 && piece.isWellFormed()));
});

test('sentences of any text are trimmed, in order, do not overlap or split characters, and leave out white space only', () => {
  fc.assert(
    fc.property(someText, (text) => {
      let end = 0;
      for (const sentence of splitSentences(text)) {
        assert.ok(sentence.start >= end && sentence.end > sentence.start && sentence.end <= text.length);
        assert.equal(text.slice(end, sentence.start).trim(), '');
        const words = text.slice(sentence.start, sentence.end);
        assert.equal(words, words.trim());
        assert.ok(words.length <= 1_000);
        assert.ok(words.isWellFormed());
        end = sentence.end;
      }
      assert.equal(text.slice(end).trim(), '');
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('the marks of callouts and admonitions are not split', () => {
  assert.deepEqual(sentencesOf('> [!NOTE] Keys rotate. Daily.'), ['> [!NOTE] Keys rotate.', 'Daily.']);
  assert.deepEqual(sentencesOf('!!! note "Keys" They rotate. Daily.'), ['!!! note "Keys" They rotate.', 'Daily.']);
  assert.deepEqual(sentencesOf('It works! [See why.]'), ['It works!', '[See why.]']);
});

test('megabytes crafted to be slow to split are split', () => {
  const size = 1_000_000;
  for (const part of ['a', '.', ' ', '\n', '\n ', 'A. B. ', '1. ', '😀', '."', '\f'])
    splitSentences(`${part.repeat(size / part.length)}x`);
  assert.equal(splitSentences(`${'¹'.repeat(37)}a. It goes on.`).length, 2);
});

test('abbreviations of other languages join no English sentences', () => {
  for (const sentences of [
    ['Please contact HR.', 'They will help you.'],
    ['It is drawn in CAD.', 'Every part has a number.'],
    ['The battery holds 5000 mAh.', 'It lasts a day.'],
    ['P is not in NP.', 'Certified by UL.', 'It took 3 hr.', 'He studied EE.', 'Students like it.'],
    ['I am 25.', 'Can I apply?'],
    ['The circle has the radius r.', 'Points within it count.'],
    ['Ask A. Das and H. Na first.', 'They know.'],
  ])
    assert.deepEqual(sentencesOf(sentences.join(' ')), sentences);
});

test('sentences of other languages end where their readers say', () => {
  for (const sentences of [
    [
      'Die Sitzung ist am 3. Oktober.',
      'Das gilt z. B. für Dr. Sommer, d. h. im 2. Quartal.',
      'Siehe Abs. 2 Nr. 3.',
      'Es kostet ca. 5 Mio. Euro.',
    ],
    ['Sie ist 12.', 'Die anderen sind 13.', 'Stichtag: 1. April 2024.'],
    ['El Sr. Gil y la Sra. Paz viven en EE. UU. desde 1990.', 'Véase la pág. 12.', '¿Es así?', '¡Sí!'],
    ['3 maja 1791 r. Sejm uchwalił np. to.', 'Zob. ul. Długa.'],
    ['Hr. Meier zahlt 5 Mio. Euro am 3.', 'Das ist viel.', 'Vgl. Abs. 2.'],
    ['В 1990 г. Москва росла.', 'Т. е. см. стр. 12.', 'Д. И. Менделеев жил тут.'],
    ['هل هذا صحيح؟', 'نعم!', 'قال د. سالم ذلك.'],
    ['क्या यह सही है?', 'डॉ. शर्मा निदेशक हैं।', 'हाँ।'],
    ['김 사장은 "좋다."라고 말했다.', '끝났다.'],
  ])
    assert.deepEqual(sentencesOf(sentences.join(' ')), sentences);
  for (const sentences of [
    ['他走了。', '“你好吗？”', '她问。', '（见第3章。）', '完。'],
    ['本当ですか？', 'はい！', '「はい。」と彼は言った。', '（注：例外あり。）', '次へ。'],
  ])
    assert.deepEqual(sentencesOf(sentences.join('')), sentences);
});

test('Thai, which has no full stops, is parted at spaces once a phrase is long', () => {
  const phrase = 'ระยะเวลาแจ้งลาออกล่วงหน้าคือสามเดือนก่อนสิ้นไตรมาสตามสัญญาจ้างของบริษัท';
  assert.deepEqual(sentencesOf(`${phrase} ${phrase}`), [phrase, phrase]);
  assert.deepEqual(sentencesOf('เริ่มงาน 7 นาฬิกา ทุกวัน'), ['เริ่มงาน 7 นาฬิกา ทุกวัน']);
});

test('a Chinese sentence that is too long is cut at punctuation', () => {
  const clause = `${'水'.repeat(70)}，`;
  for (const piece of sentencesOf(`${clause.repeat(40)}完。`).slice(0, -1)) assert.match(piece, /，$/);
});
