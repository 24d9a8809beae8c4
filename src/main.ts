import { catchHangUps } from './hang-ups.ts';
import { orTellFailure } from './terminal.ts';

const hangUps = catchHangUps();
await orTellFailure(async () => (await import('./serve.ts')).serve(hangUps));
