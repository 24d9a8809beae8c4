import faiss from 'faiss-node';
import { createMaterial, dimension } from './material.ts';
import { measureSearches, timed } from './measure.ts';
import { type FaissNodeResult, recallQuestions } from './subject.ts';

const passagesAtOnce = 2000;

/** Measures faiss-node as it comes: an exact index on the main thread, one search after another. Its results are the truth for recall. */
export async function measureFaissNode(size: number, seconds: number): Promise<FaissNodeResult> {
  const material = createMaterial(size);
  const index = new faiss.IndexFlatIP(dimension);
  let spentMs = 0;
  let lastRate = 0;
  for (let from = 0; from < size; from += passagesAtOnce) {
    const vectors: number[] = [];
    for (let at = from; at < Math.min(size, from + passagesAtOnce); at += 1) vectors.push(...material.vectorOf(at));
    const { ms } = await timed(() => index.add(vectors));
    spentMs += ms;
    lastRate = vectors.length / dimension / (ms / 1000);
  }
  const search = async (number: number) => index.search(Array.from(material.questionOf(number).vector), 3);
  const vectors = {
    alone: await measureSearches({ callers: 1, seconds, search }),
    together: await measureSearches({ callers: 64, seconds, search }),
  };
  const nearest = Array.from({ length: recallQuestions }, (_, number) => {
    const { labels, distances } = index.search(Array.from(material.questionOf(number).vector), Math.min(10, size));
    return { passages: labels, similarities: distances };
  });
  const adding = { perSecond: size / (spentMs / 1000), atSizePerSecond: lastRate, note: null };
  return { adding, vectors, nearest };
}
