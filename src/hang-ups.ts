export type HangUps = ReturnType<typeof catchHangUps>;

/**
 * Handles SIGHUP from now on; without a handler it ends the process, so this must be called before anything that takes
 * long to load. A signal that comes before there is a listener is passed on to the first one.
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
