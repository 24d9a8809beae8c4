// Run as `node maven-fetch.mjs PROJECT ARTIFACT FOLDER FILE [REPOSITORY]`: fetches one Maven artefact with the npm package
// mvn-artifact-download. A process of its own, because that package leaves the error of a broken download unhandled, and so that it can
// be stopped when it hangs.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [project, artifact, folder, file, repository] = process.argv.slice(2);
const download = createRequire(join(project, 'package.json'))('mvn-artifact-download').default;

try {
  await download(artifact, folder, repository || undefined, file);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
