/** Passages with the vectors of their windows. */
export type Batch = { key: number; vectors: Float32Array }[];

/** Groups passages into batches of `size`, so that working through many of them takes bounded memory. */
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
