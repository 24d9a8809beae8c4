// Search of vectors that FAISS keeps as a byte for each number (its scalar quantizer, QT_8bit), at the speed of memory.
//
// Distributions build FAISS for the oldest processor they support, where it decodes each byte to a float. Here the question
// is turned into bytes as well: similarity = Σ x·(vmin + vdiff·(code + ½)/255) = base + Σ w·(code − 128), with w = x·vdiff/255
// rounded to a signed byte, so that the inner loop multiplies bytes. What it finds is scored once more with w unrounded.
#pragma once
#include <faiss/IndexScalarQuantizer.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace assay {

constexpr int32_t MIDDLE = 128;
// Vectors that are compared with every question before the next are read: few enough to stay in the processor's cache.
constexpr size_t BLOCK = 256;

#define SCORE_CODES const uint8_t *__restrict codes, size_t count, size_t d, const int8_t *__restrict w, int32_t *__restrict out

__attribute__((always_inline)) inline void scoreWith(SCORE_CODES) {
  for (size_t row = 0; row < count; row++, codes += d) {
    int32_t sum = 0;
    for (size_t i = 0; i < d; i++) sum += int32_t(codes[i]) * int32_t(w[i]);
    out[row] = sum;
  }
}

inline void scorePlain(SCORE_CODES) { scoreWith(codes, count, d, w, out); }
#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12
__attribute__((target("avx2"))) inline void scoreAvx2(SCORE_CODES) { scoreWith(codes, count, d, w, out); }
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,prefer-vector-width=512"))) inline void scoreVnni(SCORE_CODES) {
  scoreWith(codes, count, d, w, out);
}
inline auto chooseScore() {
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return &scoreVnni;
  return __builtin_cpu_supports("avx2") ? &scoreAvx2 : &scorePlain;
}
#else
inline auto chooseScore() { return &scorePlain; }
#endif

// The best of what is offered so far: a list that is cut back to the best `most` whenever it has grown to twice as many.
struct Best {
  struct Found {
    int32_t score;
    int64_t label;
    bool operator<(const Found &other) const { return score != other.score ? score > other.score : label < other.label; }
  };
  size_t most;
  int32_t least = INT32_MIN;
  std::vector<Found> found;

  void offer(int32_t score, int64_t label) {
    if (score <= least) return;
    found.push_back({score, label});
    if (found.size() >= 2 * most) cut();
  }
  void cut() {
    if (found.size() <= most) return;
    std::nth_element(found.begin(), found.begin() + most - 1, found.end());
    found.resize(most);
    least = found.back().score;
  }
};

inline void searchCodes(const faiss::IndexScalarQuantizer &index, int64_t questions, const float *x, int64_t k, float *similarities,
                        int64_t *labels, size_t threads) {
  static const auto score = chooseScore();
  const size_t d = index.d, total = index.ntotal, count = questions;
  const uint8_t *codes = index.codes.data();
  const float *vmin = index.sq.trained.data(), *vdiff = vmin + d;

  std::vector<float> weights(count * d), base(count);
  std::vector<int8_t> bytes(count * d);
  for (size_t q = 0; q < count; q++) {
    float greatest = 0;
    for (size_t i = 0; i < d; i++) {
      const float each = x[q * d + i], w = each * vdiff[i] / 255;
      weights[q * d + i] = w;
      base[q] += each * vmin[i] + w * (MIDDLE + 0.5f);
      greatest = std::max(greatest, std::fabs(w));
    }
    for (size_t i = 0; i < d; i++) bytes[q * d + i] = greatest > 0 ? std::lround(weights[q * d + i] * 127 / greatest) : 0;
  }
  // Σ w·(code − 128) = Σ w·code − 128·Σ w: the latter is the same for all vectors, so it doesn't change their order.

  // Rounding the question may swap neighbours; a few more than wanted make up for it.
  const size_t most = std::min<size_t>(total, k + k / 4 + 16);
  std::vector<Best> best(threads * count, Best{most});
#pragma omp parallel num_threads(threads)
  for (size_t part = omp_get_thread_num(); part < threads; part += omp_get_num_threads()) {
    std::vector<int32_t> scores(BLOCK);
    const size_t end = total * (part + 1) / threads;
    for (size_t from = total * part / threads; from < end; from += BLOCK) {
      const size_t rows = std::min(BLOCK, end - from);
      for (size_t q = 0; q < count; q++) {
        score(codes + from * d, rows, d, &bytes[q * d], scores.data());
        Best &mine = best[part * count + q];
        for (size_t row = 0; row < rows; row++) mine.offer(scores[row], from + row);
      }
    }
  }

  struct Near {
    float similarity;
    int64_t label;
    bool operator<(const Near &other) const {
      return similarity != other.similarity ? similarity > other.similarity : label < other.label;
    }
  };
  for (size_t q = 0; q < count; q++) {
    Best all{most};
    for (size_t part = 0; part < threads; part++)
      for (const auto &each : best[part * count + q].found) all.found.push_back(each);
    all.cut();
    std::vector<Near> near;
    for (const auto &[_, label] : all.found) {
      float sum = base[q];
      for (size_t i = 0; i < d; i++) sum += weights[q * d + i] * (int32_t(codes[label * d + i]) - MIDDLE);
      near.push_back({sum, label});
    }
    std::sort(near.begin(), near.end());
    for (int64_t place = 0; place < k; place++) {
      const bool there = size_t(place) < near.size();
      similarities[q * k + place] = there ? near[place].similarity : 0;
      labels[q * k + place] = there ? near[place].label : -1;
    }
  }
}

#undef SCORE_CODES
}  // namespace assay
