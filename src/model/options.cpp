// Rules between options, and small functions of them.
#include <algorithm>

#include "twhin/base/error.h"
#include "twhin/model/losses.h"
#include "twhin/model/negatives.h"

namespace twhin {

void LossOptions::validate(const std::string& at) const {
  if (!self_adversarial || loss != Loss::softmax) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "model.self_adversarial_softmax")
      .what("self_adversarial does not go with the softmax loss")
      .at(at)
      .expected("loss logistic or ranking")
      .hint(
          "softmax gives negatives with larger scores more weight by itself; lower temperature "
          "for more of it")
      .build();
}

void NegativesOptions::validate(const std::string& at) const {
  const auto has_any = [&](SideNegatives side, std::uint32_t num_uniform) {
    return side == SideNegatives::all || num_uniform > 0 ||
           (has_batch(side) && batch_negatives > 1);
  };
  if (has_any(lhs_negatives, num_lhs_uniform(lhs_negatives)) ||
      has_any(rhs_negatives, num_rhs_uniform(rhs_negatives))) {
    return;
  }
  throw ErrorBuilder(ErrorKind::invalid_argument, "model.no_negatives")
      .what("no side of an edge has negatives to learn from")
      .at(at)
      .expected(
          "batch_negatives of at least 2, uniform_negatives of at least 1, or a side with `all`")
      .build();
}

std::uint32_t NegativesOptions::num_lhs_uniform(SideNegatives side) const {
  return has_uniform(side) ? lhs_uniform_negatives.value_or(uniform_negatives) : 0;
}

std::uint32_t NegativesOptions::num_rhs_uniform(SideNegatives side) const {
  return has_uniform(side) ? rhs_uniform_negatives.value_or(uniform_negatives) : 0;
}

std::size_t NegativesOptions::group_size() const {
  constexpr std::size_t kWithoutCounts = 50;
  if (batch_negatives > 0) return batch_negatives;
  const std::uint32_t larger = std::max(lhs_uniform_negatives.value_or(uniform_negatives),
                                        rhs_uniform_negatives.value_or(uniform_negatives));
  return larger > 0 ? larger : kWithoutCounts;
}

}  // namespace twhin
