/**
 * A vector of unit length for a text, the same on every run: stems and letter trigrams are hashed, each hash is the seed
 * of a random direction, and the directions are summed. Texts that share words come out near each other, and that is
 * all it knows of meaning. The values are exact in 32 bits, so float and base64 replies carry the same numbers.
 */
export function hashedEmbedding(text: string, dimension: number): number[] {
  const sum = new Float64Array(dimension);
  for (const [feature, weight] of features(text)) addDirection(sum, feature, weight);
  const length = Math.hypot(...sum);
  return Array.from(sum, (value) => Math.fround(value / length));
}

function features(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const stem = word.length > 4 ? word.replace(/(?:ing|ed|es|s)$/, '') : word;
    // Short words are mostly grammar; counted in full, they would make every two English sentences alike.
    found.set(stem, stem.length > 3 ? 1 : 0.2);
    for (let at = 0; at + 3 < stem.length; at++) found.set(`~${stem.slice(at, at + 3)}`, 0.25);
  }
  return found.size > 0 ? found : new Map([[`=${text}`, 1]]);
}

/** FNV-1a as the seed, xorshift32 for the signs. */
function addDirection(sum: Float64Array, feature: string, weight: number): void {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(feature)) state = Math.imul(state ^ byte, 0x01000193);
  state ||= 1;
  for (let index = 0; index < sum.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    sum[index]! += state & 0x10000 ? weight : -weight;
  }
}
