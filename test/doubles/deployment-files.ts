import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { project, readPage } from './page-commands.ts';
import { pythonWith } from './python-client.ts';

const run = promisify(execFile);

export const dockerfile = readPage('Dockerfile');
/** The image's own environment, as its Dockerfile sets it. */
export const imageEnv = Object.fromEntries(
  [.../^ENV (.*)$/m.exec(dockerfile)![1]!.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]),
);

// biome-ignore lint/suspicious/noExplicitAny: manifests of many shapes, whose schemas were checked when they were read
export type Yaml = any;

/** Who checks deployment files by their schemas; null where Python or its packages can't be had, and then the test is skipped. */
export async function validator(t: TestContext) {
  const found = await pythonWith('kubernetes-validate==1.37.0', 'check-jsonschema==0.39.0');
  if ('missing' in found) {
    t.skip(found.missing);
    return null;
  }
  const { python } = found;
  return {
    /** YAML files by their paths, a file of several documents as a list; Kubernetes' ones are checked by its schemas. */
    read: async (files: string[]): Promise<Record<string, Yaml>> =>
      JSON.parse((await run(python, ['test/check_deployment.py', ...files], { cwd: project })).stdout),
    /** Rejects a file that doesn't fit the schema of compose files. */
    checkCompose: (file: string) =>
      run(python, ['-m', 'check_jsonschema', '--builtin-schema', 'vendor.compose-spec', resolve(project, file)]),
  };
}

/** A compose file's environment, where whoever starts it has set only `given` in theirs. */
export const composed = (environment: Record<string, string>, given: Record<string, string> = {}) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g, (_, wanted, otherwise = '') => given[wanted] ?? otherwise),
    ]),
  );
