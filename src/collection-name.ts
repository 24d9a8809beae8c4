import { z } from 'zod';

/** A name that is safe as a collection's: no separators, no path, nothing that looks like another name. */
export const collectionNamePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const collectionName = z
  .string()
  .regex(collectionNamePattern, 'must be 1 to 63 of a-z, 0-9, - and _, beginning with a letter or digit');
