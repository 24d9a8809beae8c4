import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAbstention, mayAbstain } from '../../src/chain/abstention.ts';
import { withoutThinking } from '../../src/chain/thinking.ts';
import { dialects } from '../../src/chain/thinking-tags.ts';
import { createToldText } from '../../src/chain/told-text.ts';

/** Pieces that are hard to read in texts: tags and parts of them, code, abstentions, letters beyond ASCII. */
const piece = fc.constantFrom(
  ...['<think>', '</think>', '<thinking>', '</thinking>', '<', '<t', '>', '"', '`', '```', ' ', '\n', '. '],
  ...['<reasoning>', '</reasoning>', '[THINK]', '[/THINK]', '[', '<|channel|>', 'analysis', 'final<|message|>'],
  ...["I don't know", 'I ', 'do not ', 'know', ' but', ': ', 'It was 1904. ', 'a', 'é', '😀', 'Да'],
);
const cutPieces = [
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.infiniteStream(fc.integer({ min: 1, max: 16 })),
] as const;

function* tokensOf(raw: string, cuts: Iterator<number>) {
  for (let at = 0, to: number; at < raw.length; at = to) {
    to = at + cuts.next().value!;
    yield raw.slice(at, to);
  }
}

const closingTag = new RegExp(dialects.flatMap(({ closing }) => closing.map(RegExp.escape)).join('|'));

/** What is known of the answer once so much of a reply has come: a slow reference that reads all of it anew. */
function knownOf(raw: string) {
  const all = dialects.flatMap(({ opening, closing }) => [...opening, ...closing]);
  const ends = Array.from({ length: raw.length }, (_, at) => raw.slice(at).toLowerCase());
  const half =
    ends.find((end) => all.some((tag) => tag.toLowerCase().startsWith(end) && end.length < tag.length)) ?? '';
  const parts = raw.slice(0, raw.length - half.length).split(new RegExp(`(${all.map(RegExp.escape).join('|')})`));
  let text = '';
  let restarts = 0;
  let thinkingIn: (typeof dialects)[number] | undefined;
  for (const part of parts) {
    const opens = dialects.find(({ opening }) => opening.includes(part));
    const closes = dialects.find(({ closing }) => closing.includes(part));
    if (thinkingIn) thinkingIn = closes === thinkingIn ? undefined : thinkingIn;
    else if (!opens && !closes) text += part;
    else if (/`|["'“‘]$/.test(text))
      return { text: closes ? '' : text.trim(), restarts, isKnown: false, isThinking: false };
    else if (closes) {
      text = '';
      restarts += 1;
    } else thinkingIn = opens;
  }
  return { text: text.trim(), restarts, isKnown: true, isThinking: thinkingIn !== undefined };
}

test('however an answer is cut into tokens, whatever is known to belong to it is sent at once', () => {
  fc.assert(
    fc.property(...cutPieces, (raw, cuts) => {
      const told = createToldText();
      let come = '';
      let text = '';
      let restartsBefore = 0;
      for (const token of tokensOf(raw, cuts)) {
        come += token;
        const known = knownOf(come);
        if (text === '') restartsBefore = known.restarts;
        const mayTell = known.restarts === restartsBefore && !mayAbstain(known.text);
        const expected = mayTell && known.text.startsWith(text) ? known.text : text;
        text += told.add(token);
        assert.equal(text, expected);
      }
    }),
    { seed: 1904, numRuns: 5000 },
  );
});

test('what was sent is the beginning of the finished answer, unless a later tag turns it into thinking', () => {
  fc.assert(
    fc.property(...cutPieces, (raw, cuts) => {
      const answer = withoutThinking(raw);
      const told = createToldText();
      const text = [...tokensOf(raw, cuts)].map((token) => told.add(token)).join('');
      // A tag that is only mentioned opens nothing.
      const { restarts, isKnown, isThinking } = knownOf(raw);
      const mayRestart = restarts > 0 || ((!isKnown || isThinking) && closingTag.test(raw));
      assert.ok(mayRestart || (isAbstention(answer) ? text === '' : answer.startsWith(text)), text);
      const finished = text + told.finish(answer);
      assert.equal(finished, answer.startsWith(text) ? answer : `${text}\n\n${answer}`);
    }),
    { seed: 1904, numRuns: 5000 },
  );
});

test('text that may become an abstention is held back; text that was sent wrongly is followed by the finished answer', () => {
  const told = createToldText();
  for (const token of ['“I', ' don', '’t', ' know', '.', ' Sorry', '!', '\n']) assert.equal(told.add(token), '');
  assert.equal(told.finish('Nothing about that here.'), 'Nothing about that here.');
  const other = createToldText();
  assert.equal(other.add('It was '), 'It was');
  assert.equal(other.finish('Nothing.'), '\n\nNothing.');
});

test('thinking that only its closing tag reveals is followed by the finished answer, or is held back if the tag comes with it', () => {
  const told = createToldText();
  assert.deepEqual(
    ['The log', ' says so.</thi', 'nk>In', ' 1904.'].map((token) => told.add(token)),
    ['The log', ' says so.', '', ''],
  );
  assert.equal(told.finish('In 1904.'), '\n\nIn 1904.');
  const atOnce = createToldText();
  assert.equal(atOnce.add('The log says so.</think> In 1904.'), 'In 1904.');
});

test('after a tag that may only be mentioned, nothing is sent until the answer is finished', () => {
  for (const sign of ['"', "'", '“', '‘', '`']) {
    const told = createToldText();
    const begun = told.add(`They put ${sign}`);
    const rest = ['<think>', ' first.</think> So', ' it is.'];
    assert.deepEqual(
      rest.map((token) => told.add(token)),
      ['', '', ''],
      sign,
    );
    const answer = `They put ${sign}${rest.join('')}`;
    assert.equal(begun + told.finish(answer), answer);
  }
});

test('a NUL that was sent as it came, and is replaced in the finished answer, does not have the answer sent again', () => {
  const told = createToldText();
  assert.equal(told.add('a\0b'), 'a\0b');
  assert.equal(told.finish('a\ufffdb and c'), ' and c');
});

test('an answer in another script is sent as it comes', () => {
  const told = createToldText();
  assert.deepEqual(
    ['Плотина', ' прорвалась', ' в 1911.'].map((token) => told.add(token)),
    ['Плотина', ' прорвалась', ' в 1911.'],
  );
});

test('the cost of a token does not depend on how many came before it', () => {
  const many = 400_000;
  for (const tokens of [
    ['a '],
    ['a', '`<think>'],
    ['<think>', 'a'],
    ['<think>a</think>'],
    [' '],
    ['*'],
    ['<'],
    ['</'],
    ['['],
    ['<|channel|>', 'a'],
    ['<|channel|>analysis', 'a'],
  ]) {
    const told = createToldText();
    let length = 0;
    for (let at = 0; at < many; at += 1) length += told.add(tokens[at % tokens.length]!).length;
    assert.ok(length <= many * Math.max(...tokens.map((token) => token.length)));
  }
});

test('white space that a model repeats without end costs the same for each token', () => {
  for (const begins of ['', 'In 1904.', 'I don’t know']) {
    const told = createToldText();
    let text = told.add(begins);
    for (let tokens = 0; tokens < 500_000; tokens += 1) text += told.add(' ');
    text += told.add('It was so. ');
    assert.equal(text, begins === '' ? 'It was so.' : `${begins}${' '.repeat(500_000)}It was so.`);
  }
});
