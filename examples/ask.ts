// Adds a document and asks about it, by the typed client: npx node examples/ask.ts
// ASSAY_URL says where the service is, ASSAY_KEY is a key where it has any.
import { AssayError, createClient } from '../packages/client/src/index.ts';

const { ASSAY_URL = 'http://127.0.0.1:3000', ASSAY_KEY } = process.env;
const assay = createClient({ baseUrl: ASSAY_URL, ...(ASSAY_KEY && { key: ASSAY_KEY }) });
const print = (text: string) => process.stdout.write(text);

try {
  await assay.addDocument({
    source: 'examples/alder.md',
    format: 'markdown',
    text: '# Alder\n\nAlder wood does not rot under water. Much of Venice stands on it.',
  });

  const question = 'Which wood does not rot under water?';
  const { answer, verdict, context } = await assay.ask({ question });
  print(`${answer}\n${verdict.label}: ${verdict.reason}\n`);
  for (const { quote, passageId } of verdict.evidence)
    print(`  “${quote}” (${context.find(({ id }) => id === passageId)?.source})\n`);

  for await (const told of assay.askStream({ question })) {
    if (told.event === 'context') print(`found in ${told.data.map(({ source }) => source).join(', ')}\n`);
    if (told.event === 'token') print(told.data.text);
    if (told.event === 'answer') print(`\n${told.data.text}\n`);
    if (told.event === 'verdict') print(`${told.data.label}\n`);
  }
} catch (error) {
  if (!(error instanceof AssayError)) throw error;
  print(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
