// twhin/metrics/rank.h -- the rank of one positive among its candidates.
//
//     rank = 1 + #{c : s(c) > s(+)} + #{c : s(c) = s(+)} / 2                  (1)
//     auc  = ( #{c : s(c) < s(+)} + #{c : s(c) = s(+)} / 2 ) / #candidates     (2)
//
// Ties take the mean: (1) is the expected place if equal scores are put in random order, (2) the
// probability that the positive outranks a candidate drawn at random. Counting ties for the
// positive rewards a model that gives every entity one score, counting them against it (as
// PyTorch-BigGraph does) punishes a model with coarse scores; the mean does neither
// (Sun et al., ACL 2020; Berrendorf et al., arXiv 2002.06914). Larger scores are likelier; plus
// and minus infinity are scores like others and tie with themselves; NaN is an error.
//
// Candidates may come in any number of blocks: the counts add up, so memory stays bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace twhin::metrics {

/// The tie policy in words, for the output of whatever prints a rank.
inline constexpr std::string_view kTiePolicy = "ties take the mean rank";

/// What one query (a positive with its candidates) needs to be ranked.
struct RankCounts {
  std::uint64_t greater = 0;     ///< candidates with a larger score than the positive
  std::uint64_t equal = 0;       ///< candidates with the same score
  std::uint64_t candidates = 0;  ///< all that compete; the positive itself is not one of them

  /// Equation (1): from 1 to 1 + candidates, in steps of a half.
  double rank() const;
  /// Equation (2); empty without candidates.
  std::optional<double> auc() const;

  RankCounts& operator+=(const RankCounts& other);
  friend bool operator==(const RankCounts&, const RankCounts&) = default;
};

/// Adds a block of candidates that compete with the positive.
///
/// Errors    invalid_argument "metrics.nan_score" if the positive or a candidate is NaN; then
///           `counts` is unchanged.
/// Cost      one pass of three comparisons a score, vectorised.
void add_candidates(float positive, std::span<const float> scores, RankCounts& counts);

/// Takes `excluded` places of a block back, after add_candidates() of the same block.
///
/// For the filtered protocol these are the known edges; in either protocol also the positive's
/// own place, where the block has it. Taking back what was counted, rather than assuming that the
/// positive's own score came out equal, is right even if the two were computed by different code.
///
/// Shapes    excluded: places in `scores`, strictly ascending.
/// Errors    invalid_argument "metrics.excluded_place" if a place is outside the block or out of
///           order; "metrics.not_counted" if more would be taken back than was added; then
///           `counts` is unchanged.
void remove_candidates(float positive, std::span<const float> scores,
                       std::span<const std::uint32_t> excluded, RankCounts& counts);

/// Both of the above for candidates that lie in one block.
RankCounts rank_among(float positive, std::span<const float> scores,
                      std::span<const std::uint32_t> excluded = {});

}  // namespace twhin::metrics
