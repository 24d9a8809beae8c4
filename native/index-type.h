// Included ahead of faiss-node's source, which was written for FAISS 1.7.4 and newer, where the type of a label is
// faiss::idx_t; before that it was faiss::Index::idx_t.
#pragma once
#include <faiss/Index.h>

#if FAISS_VERSION_MAJOR == 1 && (FAISS_VERSION_MINOR < 7 || (FAISS_VERSION_MINOR == 7 && FAISS_VERSION_PATCH < 4))
namespace faiss {
using idx_t = Index::idx_t;
}
#endif
