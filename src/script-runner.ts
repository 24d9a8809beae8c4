/** How often it is looked whether the parent is still there, in milliseconds. */
const lookEveryMs = 500;

/** Who started this process. To be imported early: it may have ended before there is anything to stop. */
const parent = process.ppid;

/**
 * Tells once when the npm (pnpm, yarn) that runs this as `npm start` has ended. npm passes SIGTERM on to the shell that it
 * started, which ends without passing it on: what the shell runs would go on by itself, unseen, and hold its port and its
 * store.
 * @returns a function that ends the watch
 */
export function watchScriptRunner(tell: () => void): () => void {
  const { npm_lifecycle_event: script, npm_package_name: owner } = process.env;
  if (script !== 'start' || owner !== 'assay') return () => {}; // a service may outlive whoever else started it
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    tell();
  }, lookEveryMs).unref();
  return () => clearInterval(watch);
}
