import './compile-cache.ts';
import './script-runner.ts';
import { orTellFailure } from './commands/terminal.ts';
import { catchHangUps } from './hang-ups.ts';

// Serves; with arguments it is the command line, rather than a service that its caller did not ask for.
if (process.argv.length > 2) await import('./cli.ts');
else {
  const hangUps = catchHangUps();
  await orTellFailure(async () => (await import('./serve.ts')).serve(hangUps));
}
