import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';
import { failureMarker, type OpenApi } from './requests.ts';

/** The service that is fuzzed: over a scripted model server that answers everything, and fails where the marker stands. */
export async function startSubject(test: Test): Promise<{ url: string; document: OpenApi }> {
  const folder = await temporaryFolder(test);
  const corpusDir = join(folder, 'corpus');
  await mkdir(corpusDir);
  await writeFile(join(corpusDir, 'ash.md'), '# Ash\n\nAsh wood is tough. It is used for handles.');
  const { url, openai, call, add } = await startService(test, {
    settings: { CORPUS_DIR: corpusDir, MAX_BODY_BYTES: '1 MiB', LOG_LEVEL: 'error' },
  });
  openai.chatWhen(() => true, 'Alder is light. <verdict>{"verdict":"Correct","score":0.9}</verdict>');
  openai.chatWhen(failureMarker, fail.status(500), fail.reset(), fail.html(), fail.status(401), fail.resetMidBody());
  await add('alder.md', '# Alder\n\nAlder wood is light. It does not rot under water.');
  return { url, document: (await call('GET', '/openapi.json')).json };
}
