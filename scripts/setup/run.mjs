import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';

const endings = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs a command, no longer than `timeoutMs`, and returns its output. Never throws. A signal that ends this process meanwhile ends the
 * command first: npm goes on after a Ctrl-C, and would disturb the next set-up.
 * @param {string} command
 * @param {string[]} args
 * @param {{ timeoutMs: number, cwd?: string, env?: NodeJS.ProcessEnv, log?: string }} options `log`: a file for the output
 * @returns {Promise<{ ok: boolean, timedOut: boolean, missing: boolean, output: string }>}
 */
export function run(command, args, { timeoutMs, cwd, env, log }) {
  return new Promise((resolve) => {
    let output = '';
    let timedOut = false;
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    /** @param {NodeJS.Signals} signal */
    const stop = (signal) => {
      child.kill('SIGKILL');
      process.exit(128 + constants.signals[signal]);
    };
    for (const signal of endings) process.once(signal, stop);
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
      // A grandchild may keep the pipes open: don't wait for it.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    for (const pipe of [child.stdout, child.stderr]) {
      pipe.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-200_000);
      });
    }
    /** @param {boolean} ok @param {boolean} [missing] */
    const end = (ok, missing = false) => {
      clearTimeout(timer);
      for (const signal of endings) process.off(signal, stop);
      if (log) writeLog(log, `${[command, ...args].join(' ')}\n${output}`);
      resolve({ ok, timedOut, missing, output });
    };
    child.on('error', () => end(false, true));
    child.on('close', (code) => end(code === 0 && !timedOut));
  });
}

/** @param {string} log @param {string} content */
function writeLog(log, content) {
  try {
    mkdirSync(dirname(log), { recursive: true });
    writeFileSync(log, content);
  } catch {
    // The disk may be full, or read-only; the failure that the log would tell of is the one to report.
  }
}
