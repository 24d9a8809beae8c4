#!/usr/bin/env node
import './compile-cache.ts';
import './script-runner.ts';
import { Argument, Command, CommanderError, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { orTellFailure } from './commands/terminal.ts';
import { catchHangUps } from './hang-ups.ts';

// What a command needs is loaded when it runs, so that `--help` and `doctor` work where something is missing.
const program = new Command('assay')
  .description('Questions answered from your own documents, each answer with a verdict')
  .version(packageJson.version, '--version', 'print the version')
  .showHelpAfterError()
  .exitOverride()
  .addHelpText(
    'after',
    '\nExit codes: 0 all went well; 1 it failed, or something was skipped, is wrong or is below the gate; 2 wrong usage.',
  );

const jsonOption = ['--json', 'print the result as JSON'] as const;
const serverOption = ['--server <url>', 'ask a running service; its key comes from ASSAY_KEY'] as const;

program
  .command('serve')
  .description('serve the page and the HTTP API')
  .option('--ingest-corpus', 'first ingest the documents of CORPUS_DIR')
  .action(async (options) => {
    const hangUps = catchHangUps();
    await (await import('./serve.ts')).serve(hangUps, options);
  });

program
  .command('mcp')
  .description(
    'speak the Model Context Protocol on stdin and stdout (the service must not be running on the same DATA_DIR)',
  )
  .action(async () => (await import('./commands/mcp.ts')).serveMcp());

program
  .command('ingest')
  .description('read files and folders into a collection (the service must not be running on the same DATA_DIR)')
  .argument('<paths...>')
  .option('--collection <name>', 'where the documents go; made if it does not exist', 'default')
  .option('--charset <name>', 'the encoding of texts that neither are UTF-8 nor declare theirs, such as windows-1252')
  .option(...jsonOption)
  .action(async (paths, options) => (await import('./commands/ingest.ts')).ingest(paths, options));

program
  .command('ask')
  .description('ask a question of the documents in DATA_DIR, or of a running service')
  .argument('<question>')
  .option('--collection <name>', 'the collection to ask', 'default')
  .option('--json', 'print the whole reply as JSON')
  .option(...serverOption)
  .action(async (question, options) => (await import('./commands/ask.ts')).ask(question, options));

program
  .command('chat')
  .description('ask one question after another, each of which may refer to earlier ones')
  .option('--collection <name>', 'the collection to ask', 'default')
  .option(...serverOption)
  .action(async (options) => (await import('./commands/chat.ts')).chat(options));

program
  .command('search')
  .description('show the passages for a question, without an answer')
  .argument('<question>')
  .option('--collection <name>', 'the collection to search', 'default')
  .option('--top-k <number>', 'how many passages, 1 to 20; by default TOP_K')
  .option(...jsonOption)
  .option(...serverOption)
  .action(async (question, options) => (await import('./commands/ask.ts')).search(question, options));

program
  .command('reembed')
  .description(
    'make all vectors anew after a change of EMBEDDING_MODEL, also while the service runs; its next start takes them',
  )
  .option(...jsonOption)
  .action(async (options) => (await import('./commands/reembed.ts')).reembedAll(options));

program
  .command('backup')
  .description('copy all documents into one file, also while the service runs (the records of past asks are left out)')
  .argument('<file>', 'the file to write')
  .option('--force', 'replace an existing file')
  .option(...jsonOption)
  .action(async (file, options) => (await import('./commands/store.ts')).backUp(file, options));

program
  .command('restore')
  .description('replace the documents in DATA_DIR with those of a backup (the service must not be running)')
  .argument('<file>', 'a file made by assay backup')
  .option('--force', 'replace existing documents')
  .option(...jsonOption)
  .action(async (file, options) => (await import('./commands/store.ts')).restore(file, options));

program
  .command('export')
  .description('write all passages as JSON lines, also while the service runs')
  .argument('<file>', 'the file to write; - is stdout')
  .option('--collection <name>', 'only the passages of this collection')
  .option('--vectors', 'with the vector of each window')
  .option('--force', 'replace an existing file')
  .option('--json', 'print the result as JSON, on stderr')
  .action(async (file, options) => (await import('./commands/store.ts')).exportTo(file, options));

program
  .command('migrate')
  .description('copy all documents with their vectors from DATA_DIR into the Weaviate of WEAVIATE_URL, or back')
  .addOption(new Option('--to <store>', 'where to').choices(['weaviate', 'embedded']).makeOptionMandatory())
  .option(...jsonOption)
  .action(async (options) => (await import('./commands/migrate.ts')).migrateTo(options));

program
  .command('import-faiss')
  .description('take over a folder that LangChain.js’s FaissStore saved (the service must not be running)')
  .argument('<folder>', 'the one with faiss.index and docstore.json')
  .option('--collection <name>', 'where its entries go; made if it does not exist', 'default')
  .option(
    '--embedding-model <name>',
    'the model that made the folder’s vectors; unless it is EMBEDDING_MODEL, texts are embedded anew',
  )
  .option(...jsonOption)
  .action(async (folder, options) => (await import('./commands/import-faiss.ts')).importFaiss(folder, options));

program
  .command('evaluate')
  .description('measure retrieval, answers, abstention and verdicts, on the sample questions or on a data set')
  .argument(
    '[dataset]',
    'SQuAD JSON (file or folder), or JSON lines of (question, context, answer, label) or (question, answers, source)',
  )
  .option('--json', 'print the figures as JSON')
  .option(
    '--out <folder>',
    'where the report goes, and the replies of models for the next run; by default ./evaluation-report',
  )
  .option(
    '--gate [file]',
    'fail if a figure is below those in this file; without a file, the gate of the sample questions',
  )
  .option('--limit <number>', 'the most questions to ask, and the most answers to judge')
  .option('--seed <number>', 'seed of random samples; by default 1')
  .option(
    '--judge <basis>',
    'what the judge sees: context (the passages too), answer (no passages) or both in turn; by default context',
  )
  .option('--styles <names>', 'how a language model judges, comma-separated: plain, rubric, cross-check, full')
  .option('--calibrate <file>', 'write what turns this model’s scores into probabilities, for EVALUATION_CALIBRATION')
  .option('--corpus <folder>', 'the documents that (question, answers, source) are about; by default CORPUS_DIR')
  .option(
    '--on-incorrect <policy>',
    'what an ask does with an Incorrect answer: return (the default), retry or abstain',
  )
  .option('--articles <which>', 'of a SQuAD set that weights were trained on: all (the default), held-out or tuned')
  .action(async (dataset, options) => (await import('./commands/evaluate.ts')).evaluate(dataset, options));

program
  .command('key')
  .description('make a new key: the terminal shows the key, once, and stdout gets its line for API_KEYS_FILE')
  .argument('<name>', 'whose key it is')
  .option('--collections <names>', 'the collections it opens, comma-separated; by default all')
  .option('--rights <names>', 'any of ask, write and admin, comma-separated; by default all')
  .option('--json', 'print key and line as JSON, both to stdout')
  .action(async (name, options) => (await import('./commands/key.ts')).makeKey(name, options));

program
  .command('doctor')
  .description('say what is installed, which models answer, what is wrong and how to mend it')
  .option('--json', 'print the findings as JSON')
  .option('--verify', 'check all that is stored against itself, also while the service runs')
  .action(async (options) => (await import('./commands/doctor.ts')).doctor(options));

program
  .command('completion')
  .description('print a script that lets a shell complete assay’s commands and options')
  .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
  .action(async (shell) => (await import('./commands/completion.ts')).completion(shell, program));

await orTellFailure(async () => {
  try {
    await program.parseAsync();
  } catch (error) {
    // Commander has said by now what it does not understand, or shown the help that was asked for.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
});
