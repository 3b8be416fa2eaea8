#include "train/buffer_order.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "train/buffer_schedule.h"

namespace twhin::training {
namespace {

// Beyond this a search would take longer than it saves, and the plain order is within 1.05 of the
// bound.
constexpr std::uint32_t kMostSearched = 256;
constexpr std::uint64_t kSearchWork = 100'000'000;  // pairs looked at: about 0.1 s

using Contents = std::vector<std::uint32_t>;

// BETA: all but one place are kept while the others pass through the last one; then the kept ones
// have met all, and are replaced.
std::vector<Contents> plain_contents(std::uint32_t num_partitions, std::uint32_t buffer) {
  Contents held(buffer), outside;
  std::iota(held.begin(), held.end(), 0u);
  for (std::uint32_t p = buffer; p < num_partitions; ++p) outside.push_back(p);
  std::vector<Contents> all = {held};
  while (!outside.empty()) {
    Contents passed;
    for (const std::uint32_t p : outside) {
      passed.push_back(std::exchange(held.back(), p));
      all.push_back(held);
    }
    outside = std::move(passed);
    for (std::uint32_t place = 0; place + 1 < buffer && !outside.empty(); ++place) {
      held[place] = outside.front();
      outside.erase(outside.begin());
      all.push_back(held);
    }
  }
  return all;
}

struct Exchange {
  std::uint32_t out = 0, in = 0;
};

// How a greedy pass chooses between exchanges that let equally many new pairs meet.
struct Preferences {
  double out_is_done = 0.5;  // what goes has met all
  double out_has_much =
      0.0;  // what goes has many left to meet: those with few left are finished first
  double in_has_much = 0.0;    // the same for what comes
  std::size_t num_random = 0;  // first exchanges, which choose what goes at random
};

// Which partitions have been in memory together.
class Meetings {
 public:
  Meetings(std::uint32_t num_partitions, std::uint32_t buffer)
      : num_(num_partitions),
        met_(std::size_t{num_partitions} * num_partitions),
        left_(num_partitions, num_partitions - 1),
        pairs_left_(std::uint64_t{num_partitions} * (num_partitions - 1) / 2),
        is_held_(num_partitions) {
    for (std::uint32_t p = 0; p < buffer; ++p) {
      for (const std::uint32_t other : held_) meet(p, other);
      held_.push_back(p);
      is_held_[p] = true;
    }
  }

  std::uint64_t pairs_left() const { return pairs_left_; }
  const Contents& held() const { return held_; }

  void apply(const Exchange& e) {
    *std::find(held_.begin(), held_.end(), e.out) = e.in;
    is_held_[e.out] = false;
    is_held_[e.in] = true;
    for (const std::uint32_t other : held_) {
      if (other != e.in) meet(e.in, other);
    }
  }

  Exchange best(const Preferences& wanted, bool at_random, Rng& rng) const {
    Exchange best;
    double highest = -std::numeric_limits<double>::infinity();
    for (std::uint32_t in = 0; in < num_; ++in) {
      if (is_held_[in] || left_[in] == 0) continue;
      int fresh = 0;
      for (const std::uint32_t other : held_) fresh += met_[in * std::size_t{num_} + other] ? 0 : 1;
      const double of_in = wanted.in_has_much * left_[in] / num_ + kTie * rng.uniform();
      for (const std::uint32_t out : held_) {
        double value = of_in + fresh - (met_[in * std::size_t{num_} + out] ? 0 : 1);
        if (left_[out] == 0) {
          value += wanted.out_is_done;
        } else {
          value += at_random ? kRandom * rng.uniform() : wanted.out_has_much * left_[out] / num_;
        }
        if (value <= highest) continue;
        highest = value;
        best = {out, in};
      }
    }
    return best;
  }

 private:
  static constexpr double kTie = 0.0005, kRandom = 0.01;

  void meet(std::uint32_t a, std::uint32_t b) {
    if (met_[a * std::size_t{num_} + b]) return;
    met_[a * std::size_t{num_} + b] = met_[b * std::size_t{num_} + a] = 1;
    --left_[a];
    --left_[b];
    --pairs_left_;
  }

  std::uint32_t num_;
  std::vector<char> met_;
  std::vector<std::uint32_t> left_;  // how many each has not met
  std::uint64_t pairs_left_;
  Contents held_;
  std::vector<bool> is_held_;
};

Preferences draw_preferences(Rng& rng) {
  const auto pick = [&](double likely) { return rng.uniform() < likely; };
  Preferences p;
  if (pick(0.5)) p.out_is_done = 4.0 * rng.uniform();
  p.out_has_much = pick(0.5) ? 0.01 : pick(0.5) ? 3.0 * rng.uniform() : -rng.uniform();
  p.in_has_much = pick(0.7) ? (pick(0.5) ? 0.001 : -0.001) : 6.0 * rng.uniform() - 3.0;
  if (pick(0.5)) p.num_random = rng.below(8);
  return p;
}

// Greedy passes, each of which keeps a random beginning of the best so far and chooses anew from
// there. What a single pass wastes are exchanges at the end of its rounds, where the new partitions
// meet few; rounds of other lengths, begun at other moments, waste less.
std::vector<Contents> searched_contents(std::uint32_t num_partitions, std::uint32_t buffer) {
  Rng rng(num_partitions, RngPurpose::bucket_order, buffer);
  std::vector<Exchange> best;
  const std::uint64_t fewest = fewest_loads(num_partitions, buffer) - buffer;
  std::uint64_t work = 0;
  for (bool first = true; first || (best.size() > fewest && work < kSearchWork); first = false) {
    const std::size_t keep = first || rng.below(5) == 0 ? 0 : rng.below(best.size());
    std::vector<Exchange> made(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(keep));
    Meetings meetings(num_partitions, buffer);
    for (const Exchange& e : made) meetings.apply(e);
    const Preferences wanted = first ? Preferences{} : draw_preferences(rng);
    while (meetings.pairs_left() > 0 && (first || made.size() <= best.size())) {
      made.push_back(meetings.best(wanted, made.size() < keep + wanted.num_random, rng));
      meetings.apply(made.back());
      work += std::uint64_t{num_partitions} * buffer;
    }
    const bool is_complete = meetings.pairs_left() == 0;
    if (first || (is_complete && made.size() <= best.size())) best = std::move(made);
  }
  Meetings meetings(num_partitions, buffer);
  std::vector<Contents> all = {meetings.held()};
  for (const Exchange& e : best) {
    meetings.apply(e);
    all.push_back(meetings.held());
  }
  return all;
}

template <class T>
void shuffle(std::vector<T>& items, Rng& rng) {
  for (std::size_t n = items.size(); n > 1; --n) std::swap(items[n - 1], items[rng.below(n)]);
}

}  // namespace

std::vector<Bucket> buffer_aware_order(std::uint32_t num_partitions, std::uint32_t buffer,
                                       Rng rng) {
  if (buffer == 0 || buffer > num_partitions) buffer = num_partitions;
  const auto contents = num_partitions <= kMostSearched ? searched_contents(num_partitions, buffer)
                                                        : plain_contents(num_partitions, buffer);
  Contents name(num_partitions);
  std::iota(name.begin(), name.end(), 0u);
  shuffle(name, rng);
  std::vector<bool> done(std::size_t{num_partitions} * num_partitions);
  std::vector<Bucket> order, fresh;
  for (const Contents& held : contents) {
    fresh.clear();
    for (const std::uint32_t i : held) {
      for (const std::uint32_t j : held) {
        const std::size_t pair = std::size_t{i} * num_partitions + j;
        if (!done[pair]) fresh.push_back({name[i], name[j]});
        done[pair] = true;
      }
    }
    shuffle(fresh, rng);
    order.insert(order.end(), fresh.begin(), fresh.end());
  }
  return order;
}

std::uint64_t fewest_loads(std::uint32_t num_partitions, std::uint32_t buffer) {
  const std::uint64_t p = num_partitions, b = buffer == 0 ? p : std::min<std::uint64_t>(buffer, p);
  if (b >= p) return p;
  const std::uint64_t pairs = p * (p - 1) / 2 - b * (b - 1) / 2;
  return b + (pairs + b - 2) / (b - 1);
}

std::uint64_t num_loads(const std::vector<Bucket>& order, std::uint32_t buffer) {
  std::vector<std::vector<std::uint32_t>> uses;
  for (const Bucket& bucket : order) uses.push_back({bucket.lhs, bucket.rhs});
  const std::size_t capacity = buffer == 0 ? order.size() + 1 : buffer;
  return buffer_schedule(uses, capacity, {}).size();
}

}  // namespace twhin::training
