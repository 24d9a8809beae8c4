import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HumanMessage } from '@langchain/core/messages';
import fc from 'fast-check';
import {
  asPiece,
  asSharedPiece,
  Composed,
  jsonOf,
  longText,
  piecesOf,
  textOf,
  withPieces,
} from '../src/message-pieces.ts';

const text = fc
  .string({ unit: 'binary', maxLength: 12 })
  .chain((some) => fc.constantFrom(some, some.repeat(Math.ceil(longText / Math.max(1, some.length)))));

test('the JSON of pieces is the JSON of the text they make up, whatever the text and wherever it is cut', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), (texts) => {
      const pieces = texts.map(asPiece);
      const composed = [new Composed(pieces.slice(0, 2)), new Composed([new Composed(pieces.slice(2))])];
      for (const made of [pieces, pieces, composed, texts.map(asSharedPiece)]) {
        assert.equal(JSON.parse(jsonOf(made)), texts.join(''));
        assert.equal(made.map(textOf).join(''), texts.join(''));
        assert.equal(JSON.parse(JSON.stringify(new Composed(made))), texts.join(''));
      }
    }),
  );
  // One half of a surrogate pair ends a piece, the other begins the next.
  assert.equal(JSON.parse(jsonOf(['\ud83c', '\udf32'])), '\u{1f332}');
});

test('only long texts become objects, shared texts share one, and a message remembers its pieces', () => {
  const long = asPiece('x'.repeat(longText));
  assert.deepEqual([typeof asPiece('x'.repeat(longText - 1)), typeof long], ['string', 'object']);
  assert.notEqual(asPiece('x'.repeat(longText)), long);
  assert.equal(asSharedPiece('y'.repeat(longText)), asSharedPiece('y'.repeat(longText)));
  assert.notEqual(asSharedPiece('y'.repeat(100_000)), asSharedPiece('y'.repeat(100_000)), 'not for good');
  const message = new HumanMessage('');
  assert.equal(piecesOf(message), undefined);
  assert.deepEqual(piecesOf(withPieces(message, ['a', long])), ['a', long]);
});
