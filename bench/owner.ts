/** Stands in for a test, so that test doubles can be used without one; `end` runs what they registered with `after`, last first. */
export function createOwner() {
  const hooks: (() => Promise<void>)[] = [];
  return {
    after: (hook: () => Promise<void>) => void hooks.unshift(hook),
    async end() {
      for (const hook of hooks) await hook();
    },
  };
}
