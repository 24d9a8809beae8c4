import { createHash } from 'node:crypto';
import { AppError } from '../../errors.ts';
import type { Engine } from './engine.ts';

/** A property that is found by its exact value; below, one that is only stored, a number, and words to search for. */
const exact = (name: string) => ({
  name,
  dataType: ['text'],
  tokenization: 'field',
  indexFilterable: true,
  indexSearchable: false,
});
const kept = (name: string) => ({ name, dataType: ['text'], indexFilterable: false, indexSearchable: false });
const number = (name: string) => ({ name, dataType: ['int'], indexFilterable: true });
const words = (name: string) => ({
  name,
  dataType: ['text'],
  tokenization: 'whitespace',
  indexFilterable: false,
  indexSearchable: true,
});

const tenants = {
  vectorizer: 'none',
  multiTenancyConfig: { enabled: true, autoTenantCreation: false, autoTenantActivation: true },
};
const noVector = { vectorizer: 'none', vectorIndexConfig: { skip: true } };

/**
 * A number for a version that other versions are unlikely to share. The sum over objects tells as many objects of one version from as
 * many of another; the numbers are small enough for the sum to be exact.
 */
export const markOf = (version: string) => Number.parseInt(version.slice(-6), 16);

/**
 * The engine's classes. A collection is a tenant of the first six, which the engine keeps in separate files; it exists when it is a
 * tenant of `AssayDocument`.
 */
export const classes = [
  {
    // Says which documents there are, and in which version: writing one makes its version the current one. Searches read it, and the
    // engine reads whole objects, so the text is elsewhere.
    class: 'AssayDocument',
    ...tenants,
    ...noVector,
    properties: [
      exact('documentId'),
      exact('place'),
      exact('version'),
      ...['collection', 'source', 'title', 'format', 'metadata', 'contentHash'].map(kept),
      ...['createdAt', 'updatedAt', 'vectorSum'].map(kept),
      ...['characters', 'passages', 'windows', 'words', 'mark'].map(number),
    ],
  },
  {
    // The text of one version of a document.
    class: 'AssayText',
    ...tenants,
    ...noVector,
    properties: [exact('documentId'), exact('version'), number('mark'), kept('text')],
  },
  {
    // A passage of one version of a document: its text, and the vectors of its windows in base64, since the engine returns vectors
    // only as JSON, which takes three times the room.
    class: 'AssayPassage',
    ...tenants,
    ...noVector,
    properties: [
      exact('documentId'),
      exact('version'),
      ...['passageId', 'text', 'spans', 'headings', 'vectors'].map(kept),
      ...['start', 'end', 'mark'].map(number),
    ],
  },
  {
    // The stems of a passage, its title and its headings, to be searched for. Apart from the passage, because a search reads whole
    // objects, and more of them than it shows.
    class: 'AssayWords',
    ...tenants,
    ...noVector,
    properties: [exact('documentId'), exact('version'), number('mark'), words('stems')],
  },
  {
    // A window's vector, and the passage it belongs to.
    class: 'AssayWindow',
    ...tenants,
    vectorIndexType: 'hnsw',
    // By default the engine looks at eight times as many windows as are wanted; a search wants more than it shows anyway.
    vectorIndexConfig: { distance: 'dot', dynamicEfFactor: 2 },
    properties: [exact('documentId'), exact('version'), number('mark'), kept('passage')],
  },
  {
    // A change under way: what it leaves behind if it is interrupted.
    class: 'AssayChange',
    ...tenants,
    ...noVector,
    // A time doesn't fit into GraphQL's int, which ends at 2³¹.
    properties: [{ ...number('beganAt'), dataType: ['number'] }, kept('steps'), kept('documents')],
  },
  {
    class: 'AssayAsk',
    ...noVector,
    properties: [
      ...['collection', 'keyName', 'createdAt', 'reply'].map(kept),
      { ...number('keptAt'), indexRangeFilters: true },
    ],
  },
  { class: 'AssayFact', ...noVector, properties: [exact('name'), kept('value')] },
];

/** The classes whose objects belong to one version of a document. */
export const versionClasses = ['AssayWindow', 'AssayWords', 'AssayPassage', 'AssayText'] as const;
export const tenantClasses = [...versionClasses, 'AssayChange', 'AssayDocument'] as const;

/** An id for the engine (a UUID of version 8, RFC 9562) that follows from what it stands for, so that a repeated write replaces the first. */
export function uuidOf(...parts: (string | number)[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Makes a GraphQL selection, called `name`, of objects of a class; `rest` holds further arguments, in GraphQL's syntax. */
export type Select = {
  (name: string, className: string, tenant: string | null, rest: string, fields: string[]): string;
  /** Whether a majority of replicas is to be asked for objects of a class, and for which fields, where some are wanted. */
  reading: (className: string, fields: string[]) => { quorum: boolean; fields: string[] };
};

/** How many copies of everything are kept, if there are that many nodes: with one node gone, a majority is left. */
const copies = 3;

/** Classes whose objects may be made again with the same id; those of other classes are made and removed only once. */
const recurring = ['AssayDocument', 'AssayFact'];

/**
 * Where copies are kept, nodes compare theirs now and then, and a node that was away gets what was written meanwhile. What was removed
 * meanwhile must not come back from it: for objects that are made only once a removal always wins, for others whatever came later. The
 * engine decides how many copies there are (`REPLICATION_MINIMUM_FACTOR`), unless enough nodes are named here.
 */
const replicationConfig = (className: string, nodes: number) => ({
  asyncEnabled: true,
  deletionStrategy: recurring.includes(className) ? 'TimeBasedResolution' : 'DeleteOnConflict',
  ...(nodes >= copies && { factor: copies }),
});

/**
 * Makes the classes that the engine lacks.
 * @param nodes how many of its nodes are known
 * @returns a function that makes selections, to be read from a majority of replicas where the engine keeps several
 * @throws AppError NOT_READY where the engine does not take the classes
 */
export async function makeClasses(engine: Engine, nodes = 1): Promise<Select> {
  /** The properties of each class of which the engine keeps copies. */
  const replicated = new Map<string, string[]>();
  for (const definition of classes) {
    const path = `/v1/schema/${definition.class}`;
    type Found = { replicationConfig?: { factor?: number }; properties: { name: string }[] };
    let found = await engine.request<Found>('GET', path);
    if (!found) {
      // Another instance may make it at the same time.
      const made = { ...definition, replicationConfig: replicationConfig(definition.class, nodes) };
      await engine.request('POST', '/v1/schema', made).catch((error: AppError) => {
        if (error.code !== 'INTERNAL') throw error;
      });
      found = await engine.request<Found>('GET', path);
    }
    if (!found) throw new AppError('NOT_READY', 'Weaviate does not take the classes that documents are kept in.');
    if ((found.replicationConfig?.factor ?? 1) > 1)
      replicated.set(
        definition.class,
        found.properties.map(({ name }) => name),
      );
  }
  // A majority is asked for all properties: a replica that lacks an object gets from the engine (1.35.2) only those that were asked for,
  // for good, since its copy then counts as equal to the others.
  const reading = (className: string, fields: string[]) => {
    const all = replicated.get(className);
    return { quorum: all !== undefined, fields: all ? [...new Set([...all, ...fields])] : fields };
  };
  const select = (name: string, className: string, tenant: string | null, rest: string, wanted: string[]) => {
    const { quorum, fields } = reading(className, wanted);
    const from = tenant === null ? '' : ` tenant:${JSON.stringify(tenant)}`;
    const level = quorum ? ' consistencyLevel:QUORUM' : '';
    const given = `${from}${level} ${rest}`.trim();
    return `${name}:${className}${given === '' ? '' : `(${given})`}{${fields.join(' ')}}`;
  };
  return Object.assign(select, { reading });
}

/**
 * Checks that the engine's classes have what this version reads and searches: those that an earlier version made may lack some of it.
 * @throws AppError BAD_SETTINGS where they do
 */
export async function checkClasses(engine: Engine): Promise<void> {
  type Property = { name: string; dataType: string[] };
  type Schema = { classes: { class: string; properties: Property[] }[] };
  const keys = (className: string, properties: Property[]) =>
    properties.map(({ name, dataType }) => `${className}.${name}:${dataType}`);
  const schema = await engine.request<Schema>('GET', '/v1/schema');
  const found = new Set(schema?.classes.flatMap((each) => keys(each.class, each.properties)));
  if (classes.every((wanted) => keys(wanted.class, wanted.properties).every((key) => found.has(key)))) return;
  throw new AppError(
    'BAD_SETTINGS',
    'The documents in Weaviate were stored by an older version of Assay, and this one cannot search them. ' +
      'Ingest them into another Weaviate, or copy them there through an embedded store with `npx assay migrate`.',
  );
}

export const equal = (property: string, value: string) => ({
  path: [property],
  operator: 'Equal',
  valueText: value,
});
