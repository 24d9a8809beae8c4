/**
 * The places of faiss-node's source that are changed. `search` never frees the copy of its query, 1.5 KB at 384 dimensions, so a
 * million searches cost 1.5 GB; it has one thread; both take plain arrays only (see native/index.h for these two).
 */
const CHANGES = [
  {
    find: '    index_->search(nq, xq, k, D, I);\n',
    replace: '    assay::search(*index_, nq, xq, k, D, I);\n    delete[] xq;\n',
  },
  {
    find: '  Napi::Value add(const Napi::CallbackInfo &info)\n  {\n    Napi::Env env = info.Env();\n',
    replace:
      '  Napi::Value add(const Napi::CallbackInfo &info)\n  {\n    Napi::Env env = info.Env();\n' +
      '    if (assay::add(*index_, info)) return env.Undefined();\n',
  },
  {
    find: '  Napi::Value search(const Napi::CallbackInfo &info)\n  {\n    Napi::Env env = info.Env();\n',
    replace:
      '  Napi::Value search(const Napi::CallbackInfo &info)\n  {\n    Napi::Env env = info.Env();\n' +
      '    if (const Napi::Value found = assay::searchFloats(*index_, info); !found.IsUndefined()) return found;\n',
  },
];

/**
 * Returns the mended source, or undefined when a place isn't found exactly once: another version of faiss-node may
 * have mended or moved it, and freeing twice would be worse than a leak.
 * @param {string} source
 */
export function patchFaissSource(source) {
  if (source.includes('delete[] xq')) return undefined;
  let mended = source;
  for (const { find, replace } of CHANGES) {
    const parts = mended.split(find);
    if (parts.length !== 2) return undefined;
    mended = parts.join(replace);
  }
  return mended;
}
