#include "twhin/generate/planted_network.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace twhin {
namespace {

// What a stream of the generator is for, beside the entity's type: part of the key.
enum Draw : std::uint64_t {
  kCommunity = 10,
  kRank = 20,
  kInterests = 30,
  kDrift = 40,
  kActivity = 50,
  kOffensive = 60
};

// Share of all edges that each relation has. authors and promotes follow from the entities: each
// tweet has one author and each ad one advertiser.
constexpr double kFollows = 0.40, kFavorites = 0.30, kReplies = 0.075, kRetweets = 0.10,
                 kClicks = 0.10;
constexpr double kOffensiveCommunities = 0.05;  // share of communities
constexpr double kMostActivity = 50.0;          // cap, in means

Rng stream(const GenerateOptions& o, std::uint64_t draw, std::uint64_t a, std::uint64_t b = 0) {
  return Rng(o.seed, RngPurpose::generate, draw, a, b);
}

// Quantile of the Pareto law with the wanted degree exponent; its minimum is 1.
double pareto(double upper_tail, double degree_exponent) {
  return std::pow(upper_tail, -1.0 / (degree_exponent - 1.0));
}

}  // namespace

WeightedEntities::WeightedEntities(const GenerateOptions& options, PlantedType type,
                                   std::uint64_t num_entities) {
  const auto salt = static_cast<std::uint64_t>(type);
  const Rng communities = stream(options, kCommunity, salt);
  const Rng ranks = stream(options, kRank, salt);
  community_.resize(num_entities);
  first_.assign(options.communities + 1, 0);
  for (std::uint64_t e = 0; e < num_entities; ++e) {
    community_[e] = static_cast<std::uint32_t>(mul_high(communities.at(e), options.communities));
    ++first_[community_[e] + 1];
  }
  std::partial_sum(first_.begin(), first_.end(), first_.begin());

  by_place_.resize(num_entities);
  std::vector<std::uint64_t> next(first_.begin(), first_.end() - 1);
  for (std::uint64_t e = 0; e < num_entities; ++e) {
    by_place_[next[community_[e]]++] = static_cast<std::uint32_t>(e);
  }
  // Weights are the quantiles of the power law, dealt out at random inside each community: every
  // community then has the same profile, whatever the seed.
  place_.resize(num_entities);
  cumulative_.resize(num_entities);
  double sum = 0.0;
  for (std::uint32_t c = 0; c < options.communities; ++c) {
    const auto begin = by_place_.begin() + static_cast<std::ptrdiff_t>(first_[c]);
    const auto end = by_place_.begin() + static_cast<std::ptrdiff_t>(first_[c + 1]);
    std::sort(begin, end, [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(ranks.at(a), a) < std::pair(ranks.at(b), b);
    });
    const auto size = static_cast<double>(end - begin);
    for (auto it = begin; it != end; ++it) {
      sum += pareto((static_cast<double>(it - begin) + 0.5) / size, options.degree_exponent);
      const auto place = static_cast<std::size_t>(it - by_place_.begin());
      cumulative_[place] = sum;
      place_[*it] = static_cast<std::uint32_t>(place);
    }
  }
}

double WeightedEntities::weight(std::uint64_t entity) const {
  const std::uint32_t place = place_[entity];
  return cumulative_[place] - (place == 0 ? 0.0 : cumulative_[place - 1]);
}

double WeightedEntities::community_weight(std::uint32_t community) const {
  const std::uint64_t first = first_[community], last = first_[community + 1];
  if (first == last) return 0.0;
  return cumulative_[last - 1] - (first == 0 ? 0.0 : cumulative_[first - 1]);
}

std::uint64_t WeightedEntities::draw_in(Rng& rng, std::uint64_t first, std::uint64_t last) const {
  const double low = first == 0 ? 0.0 : cumulative_[first - 1];
  const double wanted = low + rng.uniform() * (cumulative_[last - 1] - low);
  const auto begin = cumulative_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = cumulative_.begin() + static_cast<std::ptrdiff_t>(last) - 1;
  return by_place_[static_cast<std::size_t>(std::upper_bound(begin, end, wanted) -
                                            cumulative_.begin())];
}

std::uint64_t WeightedEntities::draw(Rng& rng, std::uint32_t community) const {
  const std::uint64_t first = first_[community], last = first_[community + 1];
  return first == last ? draw_any(rng) : draw_in(rng, first, last);
}

std::uint64_t WeightedEntities::draw_any(Rng& rng) const { return draw_in(rng, 0, size()); }

PlantedNetwork::PlantedNetwork(const GenerateOptions& options) : options_(options) {
  for (std::size_t t = 0; t < entities_.size(); ++t) {
    const auto type = static_cast<PlantedType>(t);
    entities_[t] = WeightedEntities(options_, type, num_entities(options_, type));
  }
  for (std::uint64_t u = 0; u < entities(PlantedType::user).size(); ++u)
    total_activity_ += activity(u);
}

std::uint64_t PlantedNetwork::num_entities(const GenerateOptions& o, PlantedType type) {
  const double grown = std::pow(1.0 + o.growth, o.step);
  const double users = static_cast<double>(o.edges) / o.edges_per_user;
  double wanted = 0.0;
  switch (type) {
    case PlantedType::user:
    case PlantedType::tweet:
      wanted = users;
      break;
    case PlantedType::ad:
      wanted = users / 8.0;
      break;
    case PlantedType::advertiser:
      wanted = users / 80.0;
      break;
  }
  return static_cast<std::uint64_t>(std::max(10.0, std::round(wanted * grown)));
}

std::vector<Interest> PlantedNetwork::interests(std::uint64_t user) const {
  Rng rng = stream(options_, kInterests, user);
  const std::uint64_t range = options_.max_interests - options_.min_interests + 1;
  const std::size_t wanted = options_.min_interests + rng.below(range);
  // The home community is the one under which others find the user, too.
  std::vector<Interest> mine = {{entities(PlantedType::user).community(user), 0.0}};
  const auto has = [&](std::uint32_t community) {
    return std::any_of(mine.begin(), mine.end(),
                       [&](const Interest& i) { return i.community == community; });
  };
  const auto draw_other = [&](Rng& from) {
    for (;;) {
      const auto community = static_cast<std::uint32_t>(from.below(options_.communities));
      if (!has(community)) return community;
    }
  };
  while (mine.size() < wanted) mine.push_back({draw_other(rng), 0.0});

  double sum = 0.0;  // by default shares fall as 1, 1/2, 1/3, …
  for (std::size_t k = 0; k < mine.size(); ++k) {
    mine[k].share = 1.0 / std::pow(static_cast<double>(k + 1), options_.interest_exponent);
    sum += mine[k].share;
  }
  for (Interest& interest : mine) interest.share /= sum;
  const bool others_left = options_.communities > mine.size();
  for (std::uint32_t step = 1; step <= options_.step; ++step) {
    Rng change = stream(options_, kDrift, user, step);
    if (mine.size() < 2 || !others_left || change.uniform() >= options_.drift) continue;
    const std::size_t which = 1 + change.below(mine.size() - 1);  // home stays
    mine[which].community = draw_other(change);
  }
  return mine;
}

double PlantedNetwork::share(std::uint64_t user, std::uint32_t community) const {
  for (const Interest& interest : interests(user)) {
    if (interest.community == community) return interest.share;
  }
  return 0.0;
}

double PlantedNetwork::activity(std::uint64_t user) const {
  const double upper_tail = 1.0 - stream(options_, kActivity, user).uniform();
  const double mean = (options_.degree_exponent - 1.0) / (options_.degree_exponent - 2.0);
  return std::min(pareto(upper_tail, options_.degree_exponent), kMostActivity * mean);
}

double PlantedNetwork::expected_edges(PlantedRelation relation, std::uint64_t user) const {
  double share = 0.0;
  switch (relation) {
    case PlantedRelation::follows:
      share = kFollows;
      break;
    case PlantedRelation::favorites:
      share = kFavorites;
      break;
    case PlantedRelation::replies:
      share = kReplies;
      break;
    case PlantedRelation::retweets:
      share = kRetweets;
      break;
    case PlantedRelation::clicks:
      share = kClicks;
      break;
    case PlantedRelation::authors:
    case PlantedRelation::promotes:
      return 0.0;  // counted from the other end
  }
  return share * static_cast<double>(options_.edges) * activity(user) / total_activity_;
}

bool PlantedNetwork::is_offensive_community(std::uint32_t community) const {
  return community < std::max(1.0, kOffensiveCommunities * options_.communities);
}

double PlantedNetwork::offensive_probability(std::uint64_t user) const {
  return is_offensive_community(entities(PlantedType::user).community(user)) ? 0.5 : 0.02;
}

bool PlantedNetwork::is_offensive(std::uint64_t user) const {
  return stream(options_, kOffensive, user).uniform() < offensive_probability(user);
}

}  // namespace twhin
