/** How often it is looked whether the parent is still there, in milliseconds. */
const lookEveryMs = 500;
/** How long after the hang-up of a terminal npm may end by it, in milliseconds. */
const endsWithinMs = 5_000;

/** Who started this process. To be imported early: it may have ended before there is anything to stop. */
const startedBy = process.ppid;

/**
 * Tells once when the npm (pnpm, yarn) that runs this as `npm start` has ended. npm passes SIGTERM on to the shell that it
 * started, which ends without passing it on: what the shell runs would go on by itself, unseen, and hold its port and its
 * store.
 * @returns a function to be called on SIGHUP: npm may end with its terminal, which `nohup` lets a service outlive
 */
export function watchScriptRunner(tell: () => void): () => void {
  const { npm_lifecycle_event: script, npm_package_name: owner } = process.env;
  if (script !== 'start' || owner !== 'assay') return () => {}; // a service may outlive whoever else started it
  let timer: NodeJS.Timeout;
  const watch = (parent: number) => {
    timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      tell();
    }, lookEveryMs).unref();
  };
  watch(startedBy);
  return () => {
    clearInterval(timer);
    timer = setTimeout(() => watch(process.ppid), endsWithinMs).unref();
  };
}
