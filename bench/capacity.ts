/**
 * `npx node bench/capacity.ts` prints the tables of docs/scaling.md under "How much for how many": what passages take, calculated from
 * measurements. Change an input and run it again.
 */
const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** README.md, docs/ and corpus/ have 285 passages with 1,477 windows. */
const windowsPerPassage = 5;

/** From docs/benchmarks.md, at a million windows; disk from `npm run bench:footprint`. */
export const embedded = {
  emptyMiB: 312,
  bytesPerWindow: 487,
  /** At most, while a million windows are added and indexed. */
  buildingMiB: 2702,
  searchSecondsPerWindow: 0.0213 / 1e6,
  diskBytesPerPassage: 24_090,
};

/** From `npm run bench:footprint`, for one copy on one node. */
const weaviate = {
  bytesPerPassage: 25_038,
  diskBytesPerPassage: 27_550,
  copies: 3,
  /** The share of a node's memory that GOMEMLIMIT grants the engine; the rest is for the page cache. */
  share: 0.75,
};

const empty = embedded.emptyMiB * MiB;
const buildingBytesPerWindow = (embedded.buildingMiB * MiB - empty) / 1e6;

const sizes = [1e6, 10e6, 100e6, 1000e6];
const nodes = ['64 GiB', '256 GiB', '1,024 GiB'];
const bytesOf = (node: string) => Number(node.replace(/\D/g, '')) * GiB;

const round = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: value < 1000 ? 2 : 3 });
const size = (bytes: number) => (bytes < 1000 * GiB ? `${round(bytes / GiB)} GiB` : `${round(bytes / GiB / 1024)} TiB`);
const millions = (passages: number) => `${round(passages / 1e6)} M`;
const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;
const table = (head: string[], rows: string[][]) =>
  [row(...head), `|${'---:|'.repeat(head.length)}`, ...rows.map((cells) => row(...cells))].join('\n');

const passagesOn = (node: string) => (bytesOf(node) * weaviate.share) / weaviate.bytesPerPassage;
const nodesFor = (passages: number, node: string) =>
  Math.max(weaviate.copies, Math.ceil((passages * weaviate.copies) / passagesOn(node)));

/** The tables in docs/scaling.md. */
export const capacityTables = () => ({
  embedded: table(
    ['passages', 'windows', 'memory', 'while an index is built', 'disk', 'hybrid search, one caller'],
    sizes.map((passages) => {
      const windows = passages * windowsPerPassage;
      return [
        millions(passages),
        millions(windows),
        size(empty + windows * embedded.bytesPerWindow),
        size(empty + windows * buildingBytesPerWindow),
        size(passages * embedded.diskBytesPerPassage),
        `${round(windows * embedded.searchSecondsPerWindow)} s`,
      ];
    }),
  ),
  weaviate: table(
    ['passages', 'memory of a copy', 'of three', 'disk of three', ...nodes.map((node) => `nodes of ${node}`)],
    sizes.map((passages) => [
      millions(passages),
      size(passages * weaviate.bytesPerPassage),
      size(passages * weaviate.bytesPerPassage * weaviate.copies),
      size(passages * weaviate.diskBytesPerPassage * weaviate.copies),
      ...nodes.map((node) => nodesFor(passages, node).toLocaleString('en-US')),
    ]),
  ),
  collection: table(
    ['memory of a node', 'passages of one collection, at most'],
    nodes.map((node) => [node, millions(passagesOn(node))]),
  ),
});

if (import.meta.main) process.stdout.write(`${Object.values(capacityTables()).join('\n\n')}\n`);
