/** Objects of a class in a collection: the nearest to a vector, those that hold words, or those of these ids. */
export type Find = { className: string; tenant: string; fields: string[]; limit: number } & {
  near?: Float32Array;
  words?: { query: string; properties: string[] };
  ids?: string[];
  /** Whether a majority of replicas is asked, which matters where objects change. */
  quorum?: boolean;
};

/** An object that was found: its id, how well it fits (a cosine, or BM25), and the fields that were asked for. */
export type Found<Fields = unknown> = Fields & { id: string; score: number };

/** Objects of these ids, as GraphQL writes it. */
export const whereIds = (ids: string[]) =>
  `where:{path:["id"] operator:ContainsAny valueText:${JSON.stringify(ids)}} limit:${ids.length}`;

/** Several such questions as one GraphQL query. */
export const toGraphQl = (queries: Find[]): string =>
  queries
    .map(({ className, tenant, fields, limit, near, words, ids, quorum }, at) => {
      const by = near
        ? `limit:${limit} nearVector:{vector:[${near.join()}]}`
        : words
          ? `limit:${limit} bm25:{query:${JSON.stringify(words.query)} properties:${JSON.stringify(words.properties)}}`
          : whereIds(ids!);
      const about = `_additional{id ${near ? 'distance' : words ? 'score' : ''}}`;
      const from = `tenant:${JSON.stringify(tenant)}${quorum ? ' consistencyLevel:QUORUM' : ''}`;
      return `f${at}:${className}(${from} ${by}){${fields.join(' ')} ${about}}`;
    })
    .join(' ');

type Row = Record<string, unknown> & { _additional: { id: string; distance?: number; score?: string } };

/** What that query has found, question by question. */
export const fromGraphQl = <Fields>(results: Record<string, Row[]>, count: number): Found<Fields>[][] =>
  Array.from({ length: count }, (_, at) =>
    results[`f${at}`]!.map(({ _additional: { id, distance, score }, ...own }) => ({
      ...(own as Fields),
      id,
      score: distance === undefined ? Number(score ?? 0) : -distance,
    })),
  );
