/**
 * The changes to faiss-node's source. `search` never frees the copy of its query (1.5 KB at 384 dimensions, so 1.5 GB after a million
 * searches), and uses one thread; `search` and `add` take plain arrays only; `removeIds` compares every vector's label with every removed one
 * (for all but the first see native/index.h).
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
  {
    find: '  Napi::Value removeIds(const Napi::CallbackInfo &info)\n  {\n    Napi::Env env = info.Env();\n',
    replace:
      '  Napi::Value removeIds(const Napi::CallbackInfo &info)\n  {\n    Napi::Env env = info.Env();\n' +
      '    if (assay::remove(*index_, info)) return env.Undefined();\n',
  },
];

/**
 * Patches faiss-node's source.
 * @param {string} source
 * @returns {string | undefined} undefined if a place isn't found exactly once: another version of faiss-node may have fixed or moved it,
 * and freeing twice would be worse than a leak
 */
export function patchFaissSource(source) {
  if (source.includes('delete[] xq')) return undefined;
  let patched = source;
  for (const { find, replace } of CHANGES) {
    const parts = patched.split(find);
    if (parts.length !== 2) return undefined;
    patched = parts.join(replace);
  }
  return patched;
}
