import { serve } from './serve.ts';
import { orTellFailure } from './terminal.ts';

await orTellFailure(serve);
