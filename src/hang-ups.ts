export type HangUps = ReturnType<typeof catchHangUps>;

/**
 * Takes SIGHUP from now on, which ends a process that has no handler: so it is called before what takes long to load is loaded. A signal
 * that comes before anybody listens is told to whoever does then.
 */
export function catchHangUps() {
  let isMissed = false;
  let tell = () => {
    isMissed = true;
  };
  process.on('SIGHUP', () => tell());
  return {
    listen(listener: () => void) {
      tell = listener;
      if (isMissed) listener();
    },
  };
}
