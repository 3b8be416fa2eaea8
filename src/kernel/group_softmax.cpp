// The softmax loss of kernel/group.h.
#include <algorithm>
#include <cmath>
#include <string>

#include "kernel/group.h"
#include "kernel/group_entries.h"
#include "twhin/base/error.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/group_softmax.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which chooses the target.
#include "kernel/group_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {
namespace {

/// e^((s - shift) / T), zero where no score is.
HWY_INLINE Floats softmax_term(Floats s, Floats shift, Floats scale) {
  return exp_of_any(hn::Mul(hn::Sub(s, shift), scale));
}

float largest_of(const float* x, Columns columns) {
  Floats largest = hn::Set(Tag(), kMinusInfinity);
  for (std::size_t j = columns.first; j < columns.end; j += kLanes) {
    largest = hn::Max(largest, load_scores(lanes_at(j, columns.end), x + j));
  }
  return hn::GetLane(hn::MaxOfLanes(Tag(), largest));
}

/// terms[j] = e^((row[j] - shift) / T); returns their sum.
double softmax_terms(const float* row, Columns columns, float shift, float scale, float* terms) {
  const Tag d;
  double total = 0.0;
  for (std::size_t first = columns.first; first < columns.end; first += kVectorsPerSum * kLanes) {
    const std::size_t end = std::min(columns.end, first + kVectorsPerSum * kLanes);
    Floats sum = hn::Zero(d);
    for (std::size_t j = first; j < end; j += kLanes) {
      const std::size_t lanes = lanes_at(j, end);
      const Floats term =
          softmax_term(load_scores(lanes, row + j), hn::Set(d, shift), hn::Set(d, scale));
      sum = hn::Add(sum, term);
      store_lanes(term, lanes, terms + j);
    }
    total += double{sum_of_lanes(sum)};
  }
  return total;
}

void multiply_columns(const float* x, float factor, Columns columns, float* out) {
  const Floats f = hn::Set(Tag(), factor);
  for (std::size_t j = columns.first; j < columns.end; j += kLanes) {
    const std::size_t lanes = lanes_at(j, columns.end);
    store_lanes(hn::Mul(f, load_lanes(lanes, x + j)), lanes, out + j);
  }
}

void fill_columns(float value, Columns columns, float* out) {
  std::fill(out + columns.first, out + columns.end, value);
}

/// What is kept beside the scores: P (P + Ur + 3) floats.
struct Room {
  Room(float* floats, std::size_t p, std::size_t num_targets)
      : rhs(floats), positive(rhs + p * num_targets), largest(positive + p), sum(largest + p) {}

  float* rhs;       // [P, P + Ur] coefficients of the rhs sides
  float* positive;  // [P] the scores of the positives
  float* largest;   // [P] of each column
  float* sum;       // [P] of each column; then the factor of its terms
};

double softmax_group(const GroupShape& shape, const SoftmaxWeights& weights, float temperature,
                     const MatrixView& scores, float* floats) {
  const Tag d;
  const std::size_t p = shape.num_positives, num_targets = shape.num_targets();
  const float scale = 1.0f / temperature;
  const Room room(floats, p, num_targets);
  const auto factor = [&](std::size_t i) { return edge_factor(weights.edges, i); };
  double loss = 0.0;
  for (std::size_t i = 0; i < p; ++i) room.positive[i] = scores(i, i);

  // The rhs sides: rows of positives. Their coefficients are kept apart, since the lhs sides still
  // need the scores. Without batch negatives the positive stands alone before the uniform ones.
  for (std::size_t i = 0; i < p; ++i) {
    float* rhs = room.rhs + i * num_targets;
    const float* row = scores.row(i);
    const Columns columns = columns_of_row(shape, i);
    const float w = weights.rhs * factor(i);
    if (w == 0.0f) {
      fill_columns(0.0f, columns, rhs);
      rhs[i] = 0.0f;
      continue;
    }
    float shift = largest_of(row, columns);
    if (!shape.batch_negatives) shift = std::max(shift, row[i]);
    double sum = softmax_terms(row, columns, shift, scale, rhs);
    if (!shape.batch_negatives) {
      rhs[i] = std::exp((row[i] - shift) * scale);
      sum += double{rhs[i]};
    }
    const double step = double{w} * double{scale};
    multiply_columns(rhs, static_cast<float>(step / sum), columns, rhs);
    if (!shape.batch_negatives) rhs[i] = static_cast<float>(double{rhs[i]} * step / sum);
    rhs[i] -= static_cast<float>(step);
    loss += double{w} * (double{scale} * (double{shift} - double{row[i]}) + std::log(sum));
  }

  // The lhs sides: columns of positives, a vector of them at a time. S becomes the terms e^..., and
  // after the last row the coefficients.
  const bool any_lhs = weights.lhs != 0.0f;
  for (std::size_t j = 0; j < p && any_lhs; j += kLanes) {
    const std::size_t lanes = lanes_at(j, p);
    const std::size_t first = shape.batch_negatives ? 0 : p;
    const Floats positive = load_first(lanes, room.positive + j);
    Floats largest = positive;
    for (std::size_t i = first; i < shape.num_sources(); ++i) {
      largest = hn::Max(largest, load_lanes(lanes, scores.row(i) + j));
    }
    store_lanes(largest, lanes, room.largest + j);
    Floats sum = hn::Zero(d);
    if (!shape.batch_negatives) sum = softmax_term(positive, largest, hn::Set(d, scale));
    for (std::size_t i = first; i < shape.num_sources(); ++i) {
      float* at = scores.row(i) + j;
      const Floats term = softmax_term(load_lanes(lanes, at), largest, hn::Set(d, scale));
      sum = hn::Add(sum, term);
      store_lanes(term, lanes, at);
    }
    store_lanes(sum, lanes, room.sum + j);
  }
  for (std::size_t j = 0; j < p; ++j) {
    const float w = weights.lhs * factor(j);
    if (w == 0.0f) {
      room.sum[j] = 0.0f;
      continue;
    }
    const double sum = room.sum[j];
    loss += double{w} *
            (double{scale} * (double{room.largest[j]} - double{room.positive[j]}) + std::log(sum));
    room.sum[j] = static_cast<float>(double{w} * double{scale} / sum);
  }

  for (std::size_t i = 0; i < shape.num_sources(); ++i) {
    float* row = scores.row(i);
    const float* rhs = room.rhs + i * num_targets;  // of positives only
    const Columns columns = columns_of_row(shape, i);
    for (std::size_t j = columns.first; j < std::min(p, columns.end); j += kLanes) {
      const std::size_t lanes = lanes_at(j, p);
      Floats c = any_lhs ? hn::Mul(load_lanes(lanes, row + j), load_lanes(lanes, room.sum + j))
                         : hn::Zero(d);
      if (i < p) c = hn::Add(c, load_lanes(lanes, rhs + j));
      store_lanes(c, lanes, row + j);
    }
    if (i >= p) continue;
    if (columns.end > p) std::copy(rhs + p, rhs + columns.end, row + p);
    const float lhs_step = weights.lhs * factor(i) * scale;
    if (shape.batch_negatives) {
      row[i] -= lhs_step;
    } else {
      const float term = std::exp((room.positive[i] - room.largest[i]) * scale);
      row[i] = rhs[i] + (any_lhs ? term * room.sum[i] : 0.0f) - lhs_step;
    }
  }
  return loss;
}

}  // namespace
}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace twhin::kernel {
namespace {

HWY_EXPORT(softmax_group);

}  // namespace

double softmax_coefficients(const GroupShape& shape, const SoftmaxWeights& weights,
                            float temperature, std::span<const MaskedEntry> masked,
                            MatrixView scores, Scratch& scratch) {
  check_entries("softmax_coefficients", shape, scores, weights.edges, masked);
  if (!(temperature > 0) || !std::isfinite(temperature)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "kernel.temperature")
        .what("the softmax loss needs a positive temperature")
        .found(std::to_string(temperature))
        .build();
  }
  mask_entries(masked, scores);
  const std::size_t p = shape.num_positives;
  float* room = scratch.floats(p * (shape.num_targets() + 3));
  return HWY_DYNAMIC_DISPATCH(softmax_group)(shape, weights, temperature, scores, room);
}

}  // namespace twhin::kernel
#endif  // HWY_ONCE
