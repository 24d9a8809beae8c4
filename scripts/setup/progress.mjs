// The progress that set-up shows. It goes to stderr, so that the stdout of a command that is piped stays clean.

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** The time since `startedAt`, in words. @param {number} startedAt a value of performance.now() */
export function elapsed(startedAt) {
  const seconds = (performance.now() - startedAt) / 1000;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return seconds < 0.95 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}

/**
 * Shows each step on a line: with a spinner and a percentage on a terminal, plain elsewhere (logs, CI).
 * @param {{ isTTY?: boolean, columns?: number, write(text: string): unknown }} stream
 */
export function createProgress(stream) {
  const live = Boolean(stream.isTTY);

  /** @param {string} name what the line starts with */
  function step(name) {
    const startedAt = performance.now();
    let doing = '';
    let percent = '';
    let frame = 0;

    const draw = () => {
      const line = `${FRAMES[frame++ % FRAMES.length]} ${name}: ${doing} ${percent}(${elapsed(startedAt)})`;
      stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`);
    };
    const timer = live ? setInterval(draw, 100) : undefined;
    const close = (/** @type {string} */ line) => {
      clearInterval(timer);
      stream.write(`${live ? '\r\x1b[2K' : ''}${line}\n`);
    };

    return {
      /**
       * Says what is being done now; `fraction` (0 to 1) is shown on a terminal only.
       * @param {string} what
       * @param {number} [fraction]
       */
      doing(what, fraction) {
        const isNew = what !== doing;
        doing = what;
        percent = fraction === undefined ? '' : `${Math.min(100, Math.round(fraction * 100))}% `;
        if (live) draw();
        else if (isNew) stream.write(`  ${name}: ${what} …\n`);
      },
      /** @param {string} outcome */
      done(outcome) {
        close(`✔ ${name}: ${outcome} (${elapsed(startedAt)})`);
      },
      failed() {
        close(`✘ ${name}: failed (${elapsed(startedAt)})`);
      },
    };
  }

  return { step, line: (/** @type {string} */ text) => stream.write(`${text}\n`) };
}

/** @typedef {ReturnType<ReturnType<typeof createProgress>['step']>} Step */
