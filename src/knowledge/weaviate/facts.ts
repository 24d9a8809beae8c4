import { uuidOf } from './classes.ts';
import type { Engine } from './engine.ts';

const objectId = (name: string) => uuidOf('fact', name);

/** Small facts about the whole store, by name: which model made its vectors, how long they are, when a collection was made. */
export const createFacts = (engine: Engine) => ({
  async get(name: string): Promise<string | null> {
    const path = `/v1/objects/AssayFact/${objectId(name)}?consistency_level=QUORUM`;
    return (await engine.request<{ properties: { value: string } }>('GET', path))?.properties.value ?? null;
  },
  set: (name: string, value: string) =>
    engine.write([{ class: 'AssayFact', id: objectId(name), properties: { name, value } }]),
});
