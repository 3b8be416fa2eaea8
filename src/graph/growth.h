// graph/growth.h -- how many distinct names a whole has of which a part was read.
//
// The whole is M pieces (a megabyte of text, a batch of rows), of which a share p was read, spread
// over it. A name that stands in K of all pieces was met in j of those read with probability
//
//     P(j | K) = C(K, j) p^j (1-p)^(K-j)
//
// Counting pieces, not rows, makes that hold also where a name's rows stand together, as in a table
// sorted by one column. How many names have which K is fitted to the numbers f_j of names met in j
// pieces (maximum likelihood over a grid of K, by EM from an even start); with m_K of them
//
//     distinct(q) = sum_K m_K (1 - (1-q)^K)      in a share q of the pieces
//
// This is Fisher's, Corbet's and Williams' question (1943) of unseen species, with the mixture of
// Norris and Pollock (1998) bounded below by K = 1: a name that is there at all stands in a piece.
// The estimate is the better the larger p; where nearly all names were met once it lies between the
// number met and that divided by p.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace twhin {

class Growth {
 public:
  /// Nothing was read.
  Growth() = default;
  /// num_met[j - 1] names were met in j of the pieces read, a share `share` (0 to 1] of all.
  Growth(const std::vector<double>& num_met, double share, double num_pieces);

  /// Distinct names of a share q of the whole.
  double distinct(double q) const;
  double total() const { return distinct(1.0); }
  double num_met() const { return num_met_; }
  /// There are at least so many: the rest are like those found.
  void raise_to(double total);

 private:
  double num_met_ = 0.0;
  std::vector<std::pair<double, double>> mixture_;  // K, m_K
};

/// Counts in how many pieces each name was met, for a sample of the names.
class Meetings {
 public:
  /// About `expected` calls of add will follow.
  explicit Meetings(std::uint64_t expected);
  void add(std::uint64_t hash, std::uint32_t piece);
  Growth growth(double share, double num_pieces);

 private:
  std::uint64_t below_;  // of the mixed hash: names that are followed
  std::vector<std::pair<std::uint64_t, std::uint32_t>> met_;
};

}  // namespace twhin
