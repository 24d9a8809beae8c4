import { AppError } from '../errors.ts';
import { type Knowledge, storeOperations } from './port.ts';

/** A knowledge base that can be handed on before it is open. */
export type Openable = Knowledge & {
  /** Opens it, unless it is open; may be called again after a failure. */
  open(): Promise<void>;
};

/**
 * A stand-in for the knowledge base that `open` opens, so that what uses it can be made first. Until then its calls fail with NOT_READY.
 */
export function openLater(open: () => Promise<Knowledge>): Openable {
  let opened: Knowledge | null = null;
  let opening: Promise<void> | null = null;

  async function use(operation: string, input: unknown[]) {
    if (!opened) throw new AppError('NOT_READY', 'The store is not there yet.');
    return (opened as unknown as Record<string, (...input: unknown[]) => unknown>)[operation]!(...input);
  }

  return {
    ...(Object.fromEntries(
      [...storeOperations, 'search', 'saveAsk'].map((name) => [name, (...input: unknown[]) => use(name, input)]),
    ) as unknown as Omit<Knowledge, 'close'>),
    open() {
      if (opened) return Promise.resolve();
      opening ??= open()
        .then((knowledge) => {
          opened = knowledge;
        })
        .finally(() => {
          opening = null;
        });
      return opening;
    },
    async close() {
      await opening?.catch(() => {});
      await opened?.close();
    },
  };
}
