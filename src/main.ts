import './compile-cache.ts';
import { orTellFailure } from './commands/terminal.ts';
import { catchHangUps } from './hang-ups.ts';

const hangUps = catchHangUps();
await orTellFailure(async () => (await import('./serve.ts')).serve(hangUps));
