/** One thing that was looked at: whether it is as it should be; where it isn't, what is wrong and how to mend it. */
export type StoreFinding = { name: string; ok: boolean; detail: string };
