// What our build of faiss-node does otherwise.
//
// Adding and searching: a Float32Array is taken as it is; faiss-node takes and gives plain arrays only, number by number.
//
// Removing: a Float64Array of labels is looked up by their places in a row of bits; faiss-node compares each vector's label with each of
// the removed ones, which takes a second for 40,000 of 80,000.
//
// Comparing a question with vectors that are named by their labels: FAISS's search compares it with all.
//
// Searching an index of bytes: see codes.h.
//
// Searching a flat index, by as many threads as OpenMP may use: FAISS shares out the questions of a search among its
// threads, so one question is searched by one thread, and a large batch by one thread of its BLAS. Here the vectors are
// shared out: each thread searches a stretch of them with FAISS's own search, and the nearest of all are merged. What takes
// no longer than a thread takes to wake goes the plain way.
#pragma once
#include <faiss/IndexFlat.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/utils/distances.h>
#include <napi.h>
#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <vector>

#include "codes.h"

namespace assay {

// Numbers that one thread reads in about a tenth of a millisecond.
constexpr size_t WORTH_A_THREAD = size_t(1) << 20;

// Questions from which on one matrix product beats a pass over the vectors for each; FAISS's own number is 20.
constexpr int WORTH_A_MATRIX = 2;

// Adds the vectors of a Float32Array; false where the arguments are others, or not whole vectors.
inline bool add(faiss::Index &index, const Napi::CallbackInfo &info) {
  if (info.Length() != 1 || !info[0].IsTypedArray()) return false;
  const auto numbers = info[0].As<Napi::TypedArray>();
  if (numbers.TypedArrayType() != napi_float32_array || numbers.ElementLength() % index.d != 0) return false;
  index.add(numbers.ElementLength() / index.d, info[0].As<Napi::Float32Array>().Data());
  return true;
}

// Removes the vectors of these labels; false where the arguments are others.
inline bool remove(faiss::Index &index, const Napi::CallbackInfo &info) {
  if (info.Length() != 1 || !info[0].IsTypedArray()) return false;
  const auto numbers = info[0].As<Napi::TypedArray>();
  if (numbers.TypedArrayType() != napi_float64_array) return false;
  const double *labels = info[0].As<Napi::Float64Array>().Data();
  std::vector<uint8_t> bits((index.ntotal + 7) / 8);
  for (size_t at = 0; at < numbers.ElementLength(); at++) {
    if (!(labels[at] >= 0 && labels[at] < double(index.ntotal))) continue;
    const size_t label = labels[at];
    bits[label / 8] |= 1 << (label % 8);
  }
  index.remove_ids(faiss::IDSelectorBitmap(bits.size(), bits.data()));
  return true;
}

// Holds OpenMP to one thread while it lives: to wake another takes longer than a small search.
struct OneThread {
  const int before = omp_get_max_threads();
  OneThread() { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before); }
};

inline void search(faiss::Index &index, int64_t questions, const float *x, int64_t k, float *similarities, int64_t *labels) {
  faiss::distance_compute_blas_threshold = WORTH_A_MATRIX;
  const size_t d = index.d, total = index.ntotal;
  const bool products = index.metric_type == faiss::METRIC_INNER_PRODUCT;
  const auto threadsFor = [](size_t numbers) { return std::min<size_t>(omp_get_max_threads(), numbers / WORTH_A_THREAD); };
  const auto *coded = dynamic_cast<faiss::IndexScalarQuantizer *>(&index);
  if (coded && k > 0 && total > 0 && products && coded->is_trained && coded->sq.qtype == faiss::ScalarQuantizer::QT_8bit) {
    searchCodes(*coded, questions, x, k, similarities, labels, std::max<size_t>(1, threadsFor(total * d / sizeof(float))));
    return;
  }
  const auto *flat = dynamic_cast<faiss::IndexFlat *>(&index);
  const size_t threads = threadsFor(total * d);
  if (!flat || k < 1 || !products || threads < 2 || total < threads * size_t(k)) {
    std::optional<OneThread> alone;
    if (threadsFor(total * d * questions) < 2) alone.emplace();
    index.search(questions, x, k, similarities, labels);
    return;
  }

  const float *vectors = const_cast<faiss::IndexFlat *>(flat)->get_xb();
  const size_t found = size_t(questions) * k;
  std::vector<float> near(threads * found);
  std::vector<int64_t> ids(threads * found);
  std::exception_ptr failure;
#pragma omp parallel num_threads(threads)
  // The team may turn out smaller than asked for.
  for (size_t part = omp_get_thread_num(); part < threads; part += omp_get_num_threads()) {
    const size_t from = total * part / threads, to = total * (part + 1) / threads;
    try {
      faiss::float_minheap_array_t heaps{size_t(questions), size_t(k), &ids[part * found], &near[part * found]};
      faiss::knn_inner_product(x, vectors + from * d, d, questions, to - from, &heaps);
      for (size_t at = part * found; at < (part + 1) * found; at++)
        if (ids[at] >= 0) ids[at] += from;
    } catch (...) {
#pragma omp critical
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);

  std::vector<size_t> heads(threads);
  for (int64_t question = 0; question < questions; question++) {
    for (size_t part = 0; part < threads; part++) heads[part] = part * found + question * k;
    for (int64_t place = 0; place < k; place++) {
      // Of equal ones the first label comes first. No list runs out: each holds k.
      size_t best = 0;
      for (size_t part = 1; part < threads; part++)
        if (near[heads[part]] > near[heads[best]]) best = part;
      const size_t at = heads[best]++;
      similarities[question * k + place] = near[at];
      labels[question * k + place] = ids[at];
    }
  }
}

// The inner products of one question with the vectors of these labels, one by one, in a flat index; undefined where the arguments are
// others, or the index rounds its vectors.
inline Napi::Value similarities(faiss::Index &index, const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  const auto *flat = dynamic_cast<faiss::IndexFlat *>(&index);
  const auto numbers = info[0].As<Napi::TypedArray>(), places = info[1].As<Napi::TypedArray>();
  if (!flat || index.metric_type != faiss::METRIC_INNER_PRODUCT) return env.Undefined();
  if (numbers.TypedArrayType() != napi_float32_array || numbers.ElementLength() != size_t(index.d)) return env.Undefined();
  if (places.TypedArrayType() != napi_float64_array) return env.Undefined();
  const float *question = numbers.As<Napi::Float32Array>().Data();
  const float *vectors = const_cast<faiss::IndexFlat *>(flat)->get_xb();
  const double *labels = places.As<Napi::Float64Array>().Data();
  const size_t wanted = places.ElementLength();
  auto found = Napi::Float32Array::New(env, wanted);
  float *products = found.Data();
  for (size_t at = 0; at < wanted; at++) {
    if (!(labels[at] >= 0 && labels[at] < double(index.ntotal))) return env.Undefined();
    products[at] = faiss::fvec_inner_product(question, vectors + size_t(labels[at]) * index.d, index.d);
  }
  return found;
}

// Searches with the vectors of a Float32Array, and gives the labels and similarities as typed arrays; undefined where the arguments are
// others, or `k` is not among what the index holds: faiss-node then says what it has to say. With labels in the place of `k`, their
// similarities alone.
inline Napi::Value searchFloats(faiss::Index &index, const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() == 2 && info[0].IsTypedArray() && info[1].IsTypedArray()) return similarities(index, info);
  if (info.Length() != 2 || !info[0].IsTypedArray() || !info[1].IsNumber()) return env.Undefined();
  const auto numbers = info[0].As<Napi::TypedArray>();
  const int64_t k = info[1].As<Napi::Number>().Int64Value();
  if (numbers.TypedArrayType() != napi_float32_array || numbers.ElementLength() % index.d != 0) return env.Undefined();
  if (k < 1 || k > index.ntotal) return env.Undefined();
  const size_t questions = numbers.ElementLength() / index.d, found = questions * k;
  auto similarities = Napi::Float32Array::New(env, found);
  auto labels = Napi::Float64Array::New(env, found);
  std::vector<int64_t> ids(found);
  search(index, questions, info[0].As<Napi::Float32Array>().Data(), k, similarities.Data(), ids.data());
  std::copy(ids.begin(), ids.end(), labels.Data());
  auto results = Napi::Object::New(env);
  results.Set("distances", similarities);
  results.Set("labels", labels);
  return results;
}

}  // namespace assay
