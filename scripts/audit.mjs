// Runs `npm audit` on the packages that Assay needs at run time, and exits with 1 if any has a known vulnerability of high severity or
// worse. Says so where the registry has no advisories, and then exits with 0.
import { spawnSync } from 'node:child_process';

const { stdout, stderr, error } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
});
if (error) throw error;

/** @type {{ metadata?: { vulnerabilities: Record<string, number> }, vulnerabilities?: Record<string, { severity: string }>, message?: string, error?: { summary?: string } }} */
let report = {};
try {
  report = JSON.parse(stdout);
} catch {
  // If npm fails early, its output isn't JSON; reported below.
}

if (!report.metadata) {
  const why = report.message ?? report.error?.summary ?? stderr.trim().split('\n')[0] ?? 'npm said nothing';
  process.stdout.write(
    `NOT AUDITED: this registry offers no advisories (${why.replace(/https?:\/\/\S+/g, 'the registry')}).\n`,
  );
} else {
  const bad = Object.entries(report.vulnerabilities ?? {}).filter(([, { severity }]) =>
    ['high', 'critical'].includes(severity),
  );
  for (const [name, { severity }] of bad) process.stdout.write(`${severity}: ${name}\n`);
  process.stdout.write(`Audited: ${bad.length} packages with known vulnerabilities of high severity or worse.\n`);
  process.exitCode = bad.length === 0 ? 0 : 1;
}
