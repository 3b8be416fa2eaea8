#include "graph/growth.h"

#include <algorithm>
#include <cmath>

#include "twhin/base/rng.h"

namespace twhin {
namespace {

constexpr std::uint64_t kFollowed = 1 << 19;  // meetings, which takes about a tenth of a second
constexpr int kRounds = 200;

// 1, 2, 3, … 8, then about a quarter more each, up to `most`.
std::vector<double> grid(double most) {
  std::vector<double> values;
  for (double k = 1.0; k < most; k = std::max(k + 1.0, std::floor(k * 1.25))) values.push_back(k);
  values.push_back(std::max(1.0, most));
  return values;
}

double log_binomial(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

double unmet(double share, double k) { return std::exp(k * std::log1p(-share)); }

}  // namespace

Growth::Growth(const std::vector<double>& num_met, double share, double num_pieces) {
  for (const double n : num_met) num_met_ += n;
  if (num_met_ == 0.0 || share >= 1.0 - 1e-9) return;
  const std::vector<double> ks = grid(std::max(num_pieces, static_cast<double>(num_met.size())));
  // P(j | K, met at least once), and the share of the met names that have K.
  std::vector<std::vector<double>> given(ks.size(), std::vector<double>(num_met.size()));
  for (std::size_t k = 0; k < ks.size(); ++k) {
    for (std::size_t j = 1; j <= num_met.size(); ++j) {
      const auto times = static_cast<double>(j);
      if (times > ks[k]) break;
      given[k][j - 1] = std::exp(log_binomial(ks[k], times) + times * std::log(share) +
                                 (ks[k] - times) * std::log1p(-share)) /
                        (1.0 - unmet(share, ks[k]));
    }
  }
  std::vector<double> weight(ks.size(), 1.0 / static_cast<double>(ks.size()));
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> next(ks.size());
    for (std::size_t j = 0; j < num_met.size(); ++j) {
      if (num_met[j] == 0.0) continue;
      double sum = 0.0;
      for (std::size_t k = 0; k < ks.size(); ++k) sum += weight[k] * given[k][j];
      if (sum <= 0.0) continue;
      for (std::size_t k = 0; k < ks.size(); ++k) {
        next[k] += num_met[j] / num_met_ * weight[k] * given[k][j] / sum;
      }
    }
    weight = std::move(next);
  }
  for (std::size_t k = 0; k < ks.size(); ++k) {
    mixture_.emplace_back(ks[k], num_met_ * weight[k] / (1.0 - unmet(share, ks[k])));
  }
}

void Growth::raise_to(double total) {
  const double factor = this->total() > 0.0 ? total / this->total() : 1.0;
  if (mixture_.empty()) num_met_ = std::max(num_met_, total);
  for (auto& [k, m] : mixture_) m *= std::max(1.0, factor);
}

double Growth::distinct(double q) const {
  if (mixture_.empty()) return q >= 1.0 ? num_met_ : num_met_ * q;
  double sum = 0.0;
  for (const auto& [k, m] : mixture_) sum += q >= 1.0 ? m : m * (1.0 - unmet(q, k));
  return sum;
}

Meetings::Meetings(std::uint64_t expected)
    : below_(expected <= kFollowed
                 ? ~std::uint64_t{0}
                 : static_cast<std::uint64_t>(0x1p64 * static_cast<double>(kFollowed) /
                                              static_cast<double>(expected))) {}

void Meetings::add(std::uint64_t hash, std::uint32_t piece) {
  if (mix64(hash) <= below_) met_.emplace_back(hash, piece);
}

Growth Meetings::growth(double share, double num_pieces) {
  std::sort(met_.begin(), met_.end());
  met_.erase(std::unique(met_.begin(), met_.end()), met_.end());
  const double scale = 0x1p64 / (static_cast<double>(below_) + 1.0);
  std::vector<double> num_met;
  for (std::size_t i = 0; i < met_.size();) {
    std::size_t end = i + 1;
    while (end < met_.size() && met_[end].first == met_[i].first) ++end;
    if (num_met.size() < end - i) num_met.resize(end - i);
    num_met[end - i - 1] += scale;
    i = end;
  }
  return Growth(num_met, share, num_pieces);
}

}  // namespace twhin
