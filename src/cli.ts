#!/usr/bin/env node
import { Command } from 'commander';
import { AppError } from './errors.ts';
import { tell } from './terminal.ts';

// What a command needs is loaded when it runs, so that `--help` and `doctor` work where something is missing.
const program = new Command('assay')
  .description('Questions answered from your own documents, each answer with a verdict')
  .showHelpAfterError();

program
  .command('serve')
  .description('serve the HTTP API')
  .option('--ingest-corpus', 'first ingest the documents of CORPUS_DIR')
  .action(async (options) => (await import('./serve.ts')).serve(options));

program
  .command('ingest')
  .description('read files and folders into a collection (the service must not be running on the same DATA_DIR)')
  .argument('<paths...>')
  .option('--collection <name>', 'made where it is not there', 'default')
  .action(async (paths, options) => (await import('./commands.ts')).ingest(paths, options));

program
  .command('ask')
  .description('ask a question of the documents in DATA_DIR')
  .argument('<question>')
  .option('--collection <name>', 'the collection to ask', 'default')
  .option('--json', 'print the whole reply as JSON')
  .action(async (question, options) => (await import('./commands.ts')).ask(question, options));

program
  .command('reembed')
  .description('make all vectors anew after a change of EMBEDDING_MODEL')
  .action(async () => (await import('./commands.ts')).reembedAll());

program
  .command('evaluate')
  .description('ask the sample questions of the sample corpus, and measure answers and verdicts')
  .option('--json', 'print the figures as JSON')
  .action(async (options) => (await import('./commands.ts')).evaluate(options));

program
  .command('doctor')
  .description('say what is installed, which models answer, what is wrong and how to mend it')
  .option('--json', 'print the findings as JSON')
  .action(async (options) => (await import('./doctor.ts')).doctor(options));

try {
  await program.parseAsync();
} catch (error) {
  // A failure made on purpose says what to do; anything else is a defect, and where it arose helps to mend it.
  tell(error instanceof AppError ? error.message : `Unexpected failure: ${(error as Error).stack}`);
  process.exitCode = 1;
}
