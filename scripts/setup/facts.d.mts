export type SetupFacts = {
  /** `pinned` is undefined where package-lock.json is absent. */
  runtime: { version: string; pinned: string | undefined };
  faiss: { present: boolean; kind: 'built' | 'prebuilt' | 'found' | 'unknown'; faissVersion: string; notes: string[] };
  /** `verified`: every file has the size and SHA-256 of the manifest. */
  models: { name: string; present: boolean; verified: boolean }[];
};

/** What set-up has put in place. `modelsFolder` is .models in the project unless said otherwise. */
export function setupFacts(projectFolder: string, modelsFolder?: string): SetupFacts;
