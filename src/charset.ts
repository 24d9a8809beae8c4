import { z } from 'zod';

/** The encoding that the name of a charset stands for, as browsers know it (`latin1` is windows-1252); null for any other name. */
export function encodingOf(name: string): string | null {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return null;
  }
}

/** The encoding of texts that callers name: in whichever way they name it, it is called as browsers call it. */
export const charset = z.string().transform((name, context) => {
  const encoding = encodingOf(name);
  if (encoding !== null) return encoding;
  context.addIssue('must be the name of an encoding, such as windows-1252');
  return z.NEVER;
});
