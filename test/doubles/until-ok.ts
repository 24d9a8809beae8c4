import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when a process that was just started replies there with a success. */
export async function untilOk(url: string) {
  for (;;) {
    const isOk = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isOk) return;
    await delay(100);
  }
}
