import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pinnedRuntime } from './dependencies.mjs';
import { faissPresent, faissRecord } from './faiss.mjs';
import { modelVerified, readManifest } from './models.mjs';

/**
 * What set-up has put in place, for `assay doctor`. Reads files only.
 * @param {string} projectFolder
 * @param {string} [modelsFolder] where the weights are, if not in .models
 * @returns {import('./facts.d.mts').SetupFacts}
 */
export function setupFacts(projectFolder, modelsFolder = join(projectFolder, '.models')) {
  const record = faissRecord(projectFolder);
  return {
    runtime: { version: process.version, pinned: pinnedRuntime(projectFolder) },
    faiss: {
      present: faissPresent(projectFolder),
      kind: record?.kind ?? 'unknown',
      faissVersion: record?.faissVersion ?? 'unknown',
      notes: record?.notes ?? [],
    },
    models: readManifest(join(projectFolder, 'src/models/manifest.json')).map((model) => ({
      name: model.name,
      present: model.files.every(({ file }) => existsSync(join(modelsFolder, model.name, file))),
      verified: modelVerified(model, modelsFolder),
    })),
  };
}
