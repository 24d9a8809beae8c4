/** Passages with the vectors of their windows. */
export type Batch = { key: number; vectors: Float32Array }[];

/** Passages, `size` at a time, so that what is done with many at once needs bounded memory. */
export function* inBatches(passages: Iterable<[key: number, vectors: Float32Array]>, size: number): Generator<Batch> {
  let batch: Batch = [];
  for (const [key, vectors] of passages) {
    batch.push({ key, vectors });
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
