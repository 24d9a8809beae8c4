import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changeName, changeNumber, negate } from '../../evaluation/altered-answers.ts';
import { generatedWrongKinds, generatePairs } from '../../evaluation/generated-pairs.ts';
import { choosePairs } from '../../evaluation/make-pairs.ts';
import { seededRandom } from '../../evaluation/seeded.ts';
import type { Squad, SquadQuestion } from '../../evaluation/squad.ts';

const texts = [
  'The tower of Aldmoor was built in 1382 by Peter Hale. It has 312 steps. A fire of 1740 destroyed the hall, and ' +
    'Joan Firth rebuilt it. The bells were cast in Brindle.',
  'Brindle is known for its 40 orchards. The first was planted by Anna Cole in 1911. Pears are sold in Wendham.',
];
const asks: [paragraph: number, question: string, answer: string | null, plausible?: string][] = [
  [0, 'When was the tower of Aldmoor built?', '1382'],
  [0, 'Who built the tower of Aldmoor?', 'Peter Hale'],
  [0, 'How many steps does the tower have?', '312'],
  [0, 'Who rebuilt the hall?', 'Joan Firth'],
  [0, 'Who cast the bells?', null, 'Brindle'],
  [1, 'How many orchards has Brindle?', '40'],
  [1, 'Who planted the first orchard?', 'Anna Cole'],
  [1, 'Where are pears sold?', 'Wendham'],
];
const squad: Squad = {
  paragraphs: texts.map((text, at) => ({ article: `Article ${at}`, text })),
  questions: asks.map(([paragraph, question, answer, plausible]): SquadQuestion => {
    const span = (text: string) => ({ text, start: texts[paragraph]!.indexOf(text) });
    return {
      question,
      paragraph,
      article: `Article ${paragraph}`,
      answers: answer ? [span(answer)] : [],
      plausible: plausible ? [span(plausible)] : [],
      answerable: answer !== null,
    };
  }),
};

test('wrong answers of every kind are made, none that must not hold the right answer does, and the same seed makes the same', () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 20; seed += 1) {
    const pairs = generatePairs(squad, seed);
    assert.deepEqual(pairs, generatePairs(squad, seed));
    for (const { asked, answer, right, kind } of pairs) {
      seen.add(kind);
      const question = squad.questions[asked]!;
      const truth = question.answers[0]?.text;
      const text = texts[question.paragraph]!;
      if (right) assert.ok(answer.includes(truth!), kind);
      if (kind === 'span of the same paragraph') assert.ok(text.includes(answer) && answer !== truth);
      if (kind === 'from memory') assert.ok(!text.includes(answer));
      if (kind === 'sentence with another span' || kind === 'another sentence of the paragraph')
        assert.ok(!answer.includes(truth!), `${kind}: ${answer}`);
      if (['number or date changed', 'name changed', 'negated'].includes(kind))
        assert.ok(!text.includes(answer), answer);
    }
  }
  for (const kind of generatedWrongKinds) assert.ok(seen.has(kind), kind);
});

test('pairs are chosen so that those of a paragraph stand together and about half are right', () => {
  const pairs = choosePairs(squad, generatePairs(squad, 1), 12, 1);
  const paragraphs = pairs.map(({ asked }) => squad.questions[asked]!.paragraph);
  assert.deepEqual(
    paragraphs,
    [...paragraphs].sort((one, other) => (paragraphs[0] === 0 ? one - other : other - one)),
  );
  assert.ok(pairs.filter(({ right }) => right).length >= 4 && pairs.some(({ right }) => !right));
});

test('changing a number gives another number of the same length and changes nothing else', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 99_999 }), (seed, number) => {
      const changed = changeNumber(`It has ${number} steps.`, seededRandom(seed))!;
      const other = /^It has (\d+) steps\.$/.exec(changed)![1]!;
      assert.notEqual(other, String(number));
      assert.equal(other.length, String(number).length);
    }),
  );
  assert.equal(changeNumber('No number.', seededRandom(1)), null);
});

test('negating twice gives the statement back, and a name is replaced by another name', () => {
  assert.equal(negate('The tower was built.'), 'The tower was not built.');
  assert.equal(negate('The tower was not built.'), 'The tower was built.');
  assert.equal(negate('Hale built it.'), null);
  const changed = changeName('The tower, which Peter Hale built.', ['no name', 'Anna Cole'], seededRandom(1));
  assert.equal(changed, 'The tower, which Anna Cole built.');
  assert.equal(changeName('it stands there', ['Anna Cole'], seededRandom(1)), null);
});
