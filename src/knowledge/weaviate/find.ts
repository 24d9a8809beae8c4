/** A query for objects of a class in a collection: the nearest to a vector, those that hold words, those with given ids, or both of these. */
export type Find = { className: string; tenant: string; fields: string[]; limit: number } & {
  near?: Float32Array;
  words?: { property: string; words: string[] };
  ids?: string[];
  /** Whether to ask a majority of replicas, which matters where objects change: as `Select.reading` has it, along with the fields. */
  quorum?: boolean;
};

/** A found object: its id, the fields that were asked for, and how well it fits, by its cosine or the words it holds. */
export type Found<Fields = unknown> = Fields & { id: string; cosine: number; held: Held };

/** How often an object's property holds each of the words that were asked for, without those it lacks, and how many words it has. */
export type Held = { times: Map<string, number>; length: number };

const where = (ids: string[]) => `where:{path:["id"] operator:ContainsAny valueText:${JSON.stringify(ids)}}`;

/** The GraphQL arguments for objects with these ids. */
export const whereIds = (ids: string[]) => `${where(ids)} limit:${ids.length}`;

const holding = ({ property, words }: NonNullable<Find['words']>) =>
  `bm25:{query:${JSON.stringify(words.join(' '))} properties:[${JSON.stringify(property)}]}`;

/** Several queries as one GraphQL query. */
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

/** Reads what the engine says about the words in an object, such as `BM25F_oak_frequency:2, BM25F_oak_propLength:23`. */
function toHeld(explanation: string): Held {
  const told = [...explanation.matchAll(/BM25F_([^\s_]+)_(frequency|propLength):(\d+)/g)];
  const frequencies = told.filter(([, , what]) => what === 'frequency');
  return {
    times: new Map(frequencies.map(([, stem, , times]) => [stem!, Number(times)])),
    length: Number(told.find(([, , what]) => what === 'propLength')?.[3] ?? 0),
  };
}

/** What the GraphQL query found, query by query. */
export const fromGraphQl = <Fields>(results: Record<string, Row[]>, count: number): Found<Fields>[][] =>
  Array.from({ length: count }, (_, at) =>
    results[`f${at}`]!.map(({ _additional: { id, distance = 0, explainScore = '' }, ...own }) => ({
      ...(own as Fields),
      ...{ id, cosine: -distance, held: toHeld(explainScore) },
    })),
  );
