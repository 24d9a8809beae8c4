/**
 * The inner product of a question's vector and vector number `row` of `vectors`, which holds them one after another. All are of unit
 * length, so this is their cosine.
 */
export function similarity(question: Float32Array, vectors: Float32Array, row: number): number {
  const length = question.length;
  const from = row * length;
  const inFours = length - (length % 4);
  // Four independent sums, which the processor can compute in parallel.
  let [one, two, three, four] = [0, 0, 0, 0];
  for (let at = 0; at < inFours; at += 4) {
    one += question[at]! * vectors[from + at]!;
    two += question[at + 1]! * vectors[from + at + 1]!;
    three += question[at + 2]! * vectors[from + at + 2]!;
    four += question[at + 3]! * vectors[from + at + 3]!;
  }
  for (let at = inFours; at < length; at += 1) one += question[at]! * vectors[from + at]!;
  return one + two + three + four;
}
