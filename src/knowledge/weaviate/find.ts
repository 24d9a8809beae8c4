/** Objects of a class in a collection: the nearest to a vector, those that hold words, those of these ids, or of these with words. */
export type Find = { className: string; tenant: string; fields: string[]; limit: number } & {
  near?: Float32Array;
  words?: { property: string; words: string[] };
  ids?: string[];
  /** Whether a majority of replicas is asked, which matters where objects change. */
  quorum?: boolean;
};

/** An object that was found: its id, the fields that were asked for, and how well it fits: its cosine, or which words it holds. */
export type Found<Fields = unknown> = Fields & { id: string; cosine: number; held: Held };

/** How often an object's property holds each of the words that were asked for, of those it does hold, and how many it holds in all. */
export type Held = { times: Map<string, number>; length: number };

const where = (ids: string[]) => `where:{path:["id"] operator:ContainsAny valueText:${JSON.stringify(ids)}}`;

/** Objects of these ids, as GraphQL writes it. */
export const whereIds = (ids: string[]) => `${where(ids)} limit:${ids.length}`;

const holding = ({ property, words }: NonNullable<Find['words']>) =>
  `bm25:{query:${JSON.stringify(words.join(' '))} properties:[${JSON.stringify(property)}]}`;

/** Several such questions as one GraphQL query. */
export const toGraphQl = (queries: Find[]): string =>
  queries
    .map(({ className, tenant, fields, limit, near, words, ids, quorum }, at) => {
      const by = [
        `limit:${limit}`,
        near ? `nearVector:{vector:[${near.join()}]}` : '',
        words ? holding(words) : '',
        ids ? where(ids) : '',
      ];
      const about = `_additional{id ${near ? 'distance' : words ? 'explainScore' : ''}}`;
      const from = `tenant:${JSON.stringify(tenant)}${quorum ? ' consistencyLevel:QUORUM' : ''}`;
      return `f${at}:${className}(${from} ${by.join(' ')}){${fields.join(' ')} ${about}}`;
    })
    .join(' ');

type Row = Record<string, unknown> & { _additional: { id: string; distance?: number; explainScore?: string } };

/** Reads what the engine says of the words in an object, such as `BM25F_oak_frequency:2, BM25F_oak_propLength:23`. */
function toHeld(explanation: string): Held {
  const told = [...explanation.matchAll(/BM25F_([^\s_]+)_(frequency|propLength):(\d+)/g)];
  const frequencies = told.filter(([, , what]) => what === 'frequency');
  return {
    times: new Map(frequencies.map(([, stem, , times]) => [stem!, Number(times)])),
    length: Number(told.find(([, , what]) => what === 'propLength')?.[3] ?? 0),
  };
}

/** What that query has found, question by question. */
export const fromGraphQl = <Fields>(results: Record<string, Row[]>, count: number): Found<Fields>[][] =>
  Array.from({ length: count }, (_, at) =>
    results[`f${at}`]!.map(({ _additional: { id, distance = 0, explainScore = '' }, ...own }) => ({
      ...(own as Fields),
      ...{ id, cosine: -distance, held: toHeld(explainScore) },
    })),
  );
