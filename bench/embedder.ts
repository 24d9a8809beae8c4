import { EmbeddedEmbeddings } from '../src/models/embedded-embeddings.ts';

/** A process that embeds texts for `real-texts.ts`, which starts one for each processor. */
const [name, modelsDir] = process.argv.slice(2) as [string, string];
const embeddings = await EmbeddedEmbeddings.load(name, modelsDir);
process.on('message', async ({ id, texts }: { id: number; texts: string[] }) => {
  process.send!({ id, vectors: await embeddings.embedDocuments(texts) });
});
process.on('disconnect', () => process.exit());
