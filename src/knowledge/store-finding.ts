/** The result of one check; where `ok` is false, `detail` says what is wrong and how to mend it. */
export type StoreFinding = { name: string; ok: boolean; detail: string };
