import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { patchFaissSource } from './faiss-patch.mjs';
import { run } from './run.mjs';

/**
 * Compiles faiss-node's only source file against the system's FAISS, with our distance loops, searches by several threads, and exceptions
 * that reach JavaScript instead of aborting the process.
 * @param {{ project: string, folder: string, log: string }} options `folder`: an empty one to work in
 * @returns {Promise<{ file: string, faissVersion: string, notes: string[] } | { problem: string }>}
 */
export async function buildFaiss({ project, folder, log }) {
  const includes = ['node-api-headers/include', 'node-addon-api'].map((name) => join(project, 'node_modules', name));
  const absent = includes.find((include) => !existsSync(include));
  if (absent) return { problem: 'the npm packages node-api-headers and node-addon-api are not installed' };

  const notes = [];
  const original = readFileSync(join(project, 'node_modules/faiss-node/src/faiss.cc'), 'utf8');
  const patched = patchFaissSource(original);
  if (patched === undefined)
    notes.push(
      "its source differs from the one we know, so its query leak isn't mended, and adding and searching are slower",
    );
  mkdirSync(folder, { recursive: true });
  const source = join(folder, 'faiss.cc');
  writeFileSync(source, patched ?? original);

  const file = join(folder, 'faiss-node.node');
  const native = join(project, 'native');
  /** @param {string[]} kernels */
  const compile = (kernels) =>
    run(
      'g++',
      [
        ...['-std=c++17', '-O3', '-fopenmp', '-fPIC', '-shared', '-s', '-w'],
        // Without these two, an exception in FAISS ends the process.
        ...['-fexceptions', '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL'],
        ...['-DNAPI_VERSION=6', '-DNODE_GYP_MODULE_NAME=faiss_node'],
        ...['-include', join(native, 'index-type.h'), '-include', join(native, 'index.h')],
        ...includes.map((include) => `-I${include}`),
        ...kernels,
        source,
        ...['-o', file, '-Wl,--allow-multiple-definition', '-lfaiss', '-lopenblas'],
      ],
      { timeoutMs: 300_000, log },
    );

  let result = await compile([join(native, 'distances.cpp')]);
  if (!result.ok) {
    result = await compile([]);
    if (!result.ok) return { problem: `g++ could not compile it (see .setup/${log.split('/').pop()})` };
    notes.push('this compiler does not take the vectorised distance loops, so search is slower');
  }
  return { file, faissVersion: systemFaissVersion(), notes };
}

/** The version of the system's FAISS, from its header. */
function systemFaissVersion() {
  const header = readFileSync('/usr/include/faiss/Index.h', 'utf8');
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map((part) => new RegExp(`FAISS_VERSION_${part} (\\d+)`).exec(header)?.[1]);
  return parts.join('.');
}
