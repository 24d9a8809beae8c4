import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import type { NewDocument } from '../port.ts';
import { equal, type Select, versionClasses } from './classes.ts';
import { type DocumentProperties, type Documents, documentIdOf, documentObjectId } from './documents.ts';
import type { Engine, EngineObject } from './engine.ts';
import { toProperties, toVersionObjects } from './objects.ts';
import { createTurns } from './turns.ts';

/** About how many objects (texts, passages, words and windows) one call writes. */
const objectsPerCall = 250;
/** How often a put is begun, at most, when a node doesn't take its passages, and how long after, in milliseconds. */
const mostTries = 3;
const pauseMs = 1_000;
/** How many changes one query reads. */
const changesAtOnce = 100;

/** A changed document: its new version, null if it is removed, and its previous version. */
type Step = { documentId: string; version: string | null; previous: string | null };
/** A change under way. Once its record holds the documents as they will be, it is decided: whoever finds it completes it. */
type Change = { id: string; beganAt: number; steps: Step[]; documents: DocumentProperties[] };

/** A new version. Versions sort by time, also as strings, as far as clocks are right; no two are equal. */
const newVersion = () => Date.now().toString(36).padStart(9, '0') + randomBytes(8).toString('hex');

/**
 * Changes documents in an engine without transactions. First the passages of a new version are written, which nobody sees yet: searches
 * leave out passages whose version isn't their document's. Writing the document switches to them; then those of the old version are
 * removed. Before all this a record is written of what the change may leave behind (a write-ahead log of one entry).
 * @param options.abandonedMs an undecided change that has been seen for this many milliseconds counts as abandoned
 */
export function createChanges(options: { engine: Engine; select: Select; documents: Documents; abandonedMs: number }) {
  const { engine, select, documents, abandonedMs } = options;
  /** When each undecided change of a collection was first seen, by this process's own clock, since the clocks of instances differ. */
  const seenSince = new Map<string, Map<string, number>>();

  /** One piece of work at a time for a collection: between reading the current version and switching, nothing else may happen. */
  const inTurn = createTurns();

  const toObject = (tenant: string, properties: DocumentProperties): EngineObject => ({
    class: 'AssayDocument',
    id: documentObjectId(properties.documentId),
    tenant,
    properties,
  });

  const record = (tenant: string, { id, beganAt, steps, documents: decided }: Change) =>
    engine.write([
      {
        class: 'AssayChange',
        id,
        tenant,
        properties: { beganAt, steps: JSON.stringify(steps), documents: JSON.stringify(decided) },
      },
    ]);

  const recordPath = (tenant: string, { id }: Pick<Change, 'id'>) =>
    `/v1/objects/AssayChange/${id}?tenant=${tenant}&consistency_level=QUORUM`;

  const isRecorded = async (tenant: string, change: Change) =>
    (await engine.request('GET', recordPath(tenant, change))) !== null;

  const versionNow = async (collection: string, documentId: string) =>
    (await documents.stored(collection, documentId))?.version ?? null;

  async function erasePassages(collection: string, documentId: string, version: string) {
    const operands = [equal('documentId', documentId), equal('version', version)];
    for (const className of versionClasses) await engine.erase(className, { operator: 'And', operands }, collection);
  }

  /** Removes what a change leaves of versions that aren't current, and then the change's record. */
  async function clean(collection: string, change: Change) {
    for (const { documentId, version, previous } of change.steps) {
      const current = await versionNow(collection, documentId);
      for (const each of [version, previous])
        if (each !== null && each !== current) await erasePassages(collection, documentId, each);
    }
    await engine.request('DELETE', recordPath(collection, change));
  }

  /** All changes under way, in the order of their ids. */
  async function* pending(collection: string): AsyncGenerator<Change> {
    type Row = { beganAt: number; steps: string; documents: string; _additional: { id: string } };
    const fields = ['beganAt', 'steps', 'documents', '_additional{id}'];
    for (let after = ''; ; ) {
      const page = `limit:${changesAtOnce} after:${JSON.stringify(after)}`;
      const { found } = await engine.query<{ found: Row[] }>(
        'Get',
        select('found', 'AssayChange', collection, page, fields),
      );
      for (const { beganAt, steps, documents: decided, _additional } of found)
        yield { id: _additional.id, beganAt, steps: JSON.parse(steps), documents: JSON.parse(decided) };
      if (found.length < changesAtOnce) return;
      after = found.at(-1)!._additional.id;
    }
  }

  /** Writes those documents of a decided change that haven't been written yet; versions that are later still are left alone. */
  async function carryOut(collection: string, change: Change) {
    const missing: EngineObject[] = [];
    for (const document of change.documents) {
      const current = await versionNow(collection, document.documentId);
      const { previous } = change.steps.find(({ documentId }) => documentId === document.documentId)!;
      if (current === previous || (current ?? '') < document.version) missing.push(toObject(collection, document));
    }
    if (missing.length > 0) await engine.write(missing);
  }

  /**
   * Completes decided changes, and removes their records: as long as a record exists, the change is carried out again, and would bring
   * back documents that were removed after it. To be run in turn, so that no document is removed between the reading of a record and
   * its being carried out.
   * @returns the undecided changes
   */
  async function finishDecided(collection: string): Promise<Change[]> {
    const undecided: Change[] = [];
    for await (const change of pending(collection)) {
      if (change.documents.length === 0) undecided.push(change);
      else {
        await carryOut(collection, change);
        await clean(collection, change);
      }
    }
    return undecided;
  }

  async function writeVersion(document: NewDocument, documentId: string, version: string) {
    let batch: EngineObject[] = [];
    for (const each of toVersionObjects(document, { documentId, version })) {
      batch.push(each);
      if (batch.length < objectsPerCall || !each.vector) continue;
      await engine.writeVectors(batch);
      batch = [];
    }
    if (batch.length > 0) await engine.writeVectors(batch);
  }

  /**
   * Writes the passages of a new version of documents, which nobody sees yet. As vectors can't be sent twice, another version is begun
   * where they fail; what this one leaves is tidied up later.
   */
  async function prepare(newDocuments: NewDocument[], tries = 1): Promise<{ change: Change; begun: number }> {
    const begun = performance.now();
    const collection = newDocuments[0]!.collection;
    const version = newVersion();
    const steps = newDocuments.map(({ source }) => ({
      documentId: documentIdOf(collection, source),
      version,
      previous: null,
    }));
    const change: Change = { id: randomUUID(), beganAt: Date.now(), steps, documents: [] };
    await record(collection, change);
    try {
      for (const [at, document] of newDocuments.entries()) await writeVersion(document, steps[at]!.documentId, version);
      return { change, begun };
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'NOT_READY') || tries === mostTries) throw error;
      await delay(pauseMs);
      return prepare(newDocuments, tries + 1);
    }
  }

  /** Switches to the new versions: of one document, by writing it; of several, by a record that decides for all of them. */
  async function switchTo(collection: string, newDocuments: NewDocument[], change: Change, begun: number) {
    const replaced: boolean[] = [];
    const states: DocumentProperties[] = [];
    for (const [at, step] of change.steps.entries()) {
      const { documentId, version } = step;
      const before = await documents.stored(collection, documentId);
      step.previous = before?.version ?? null;
      replaced.push(before !== null);
      const createdAt = before?.createdAt ?? new Date().toISOString();
      states.push(toProperties(newDocuments[at]!, { documentId, version: version!, createdAt }));
    }
    // By both clocks: one may be set back, the other stops while the machine sleeps.
    if (Math.max(performance.now() - begun, Date.now() - change.beganAt) > abandonedMs / 2)
      throw new AppError('NOT_READY', 'Weaviate took too long to take the passages.');
    // Without its record the change has been cleaned up after, or the collection has been removed and made again: passages are missing.
    if (!(await isRecorded(collection, change)))
      throw new AppError('COLLECTION_NOT_FOUND', 'The collection was removed meanwhile.');
    await record(collection, { ...change, documents: states.length > 1 ? states : [] });
    await engine.write(states.map((state) => toObject(collection, state)));
    return replaced;
  }

  return {
    /**
     * Stores documents of one collection, each source once.
     * @returns for each whether it replaced another version
     */
    async put(newDocuments: NewDocument[]): Promise<boolean[]> {
      const collection = newDocuments[0]!.collection;
      const { change, begun } = await prepare(newDocuments);
      const replaced = await inTurn(collection, () => switchTo(collection, newDocuments, change, begun));
      // The change is done; what can't be cleaned up now is cleaned up later.
      await clean(collection, change).catch(() => {});
      return replaced;
    },

    /** Removes a document; false where there is none. */
    async remove(collection: string, documentId: string): Promise<boolean> {
      return inTurn(collection, async () => {
        await finishDecided(collection); // or an interrupted change would bring the document back
        const previous = await versionNow(collection, documentId);
        if (previous === null) return false;
        const steps = [{ documentId, version: null, previous }];
        const change: Change = { id: randomUUID(), beganAt: Date.now(), steps, documents: [] };
        await record(collection, change);
        const path = `/v1/objects/AssayDocument/${documentObjectId(documentId)}`;
        await engine.request('DELETE', `${path}?tenant=${collection}&consistency_level=QUORUM`);
        await clean(collection, change).catch(() => {});
        return true;
      });
    },

    /** Completes decided changes that were interrupted, and cleans up after abandoned ones. */
    async tidy(collection: string): Promise<void> {
      const undecided = await inTurn(collection, () => finishDecided(collection));
      const now = performance.now();
      const before = seenSince.get(collection);
      const seen = new Map(undecided.map(({ id }) => [id, before?.get(id) ?? now]));
      if (seen.size > 0) seenSince.set(collection, seen);
      else seenSince.delete(collection);
      for (const change of undecided) if (now - seen.get(change.id)! >= abandonedMs) await clean(collection, change);
    },
  };
}
