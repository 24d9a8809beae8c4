/** How often it is looked whether the parent is still there, in milliseconds. */
const lookEveryMs = 500;

/**
 * Tells once when whatever ran this as a package's script (npm, pnpm, yarn) has ended. npm passes SIGTERM on to
 * the shell that it started, which ends without passing it on: what the shell runs would go on by itself, unseen, and hold
 * its port and its store.
 * @returns a function that ends the watch
 */
export function watchScriptRunner(tell: () => void): () => void {
  const { npm_lifecycle_event: script } = process.env;
  if (!script) return () => {}; // a service that was started otherwise may outlive its parent
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    tell();
  }, lookEveryMs).unref();
  return () => clearInterval(watch);
}
