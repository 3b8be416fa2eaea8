// twhin/generate/planted_network.h -- a Twitter-like network whose right answers are known.
//
// Entity types user, tweet, advertiser, ad; relations follows, authors, favorites, replies,
// retweets, promotes, clicks (El-Kishky et al., TwHIN, KDD 2022, Fig. 2).
//
// Every target t has a community c(t) and a weight w(t) from a power law; a user u has interests
// π_u over 2 to 5 communities and an activity a(u). An engaging user picks, without repetition,
//
//     p(t | u) = (1 - ε) Σ_c π_u(c) [c(t) = c] w(t) / W_c  +  ε w(t) / W                       (1)
//
// with W_c, W the weight of a community and of the type, ε = `outside`. Ads are shown by (1) and
// clicked with probability 0.02 + 0.5 π_u(c(ad)). A tweet's author, and an ad's advertiser, is
// drawn by (1) with π concentrated on the tweet's (ad's) own community. All of it is a function of
// (options, entity), so that nothing needs to be remembered and any size can be streamed.
//
// Called synthetic wherever a figure from it is shown.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "twhin/base/rng.h"
#include "twhin/generate/options.h"

namespace twhin {

enum class PlantedType : std::uint32_t { user = 0, tweet = 1, advertiser = 2, ad = 3 };
inline constexpr std::array<const char*, 4> kPlantedTypes = {"user", "tweet", "advertiser", "ad"};

enum class PlantedRelation : std::uint32_t {
  follows = 0,
  authors = 1,
  favorites = 2,
  replies = 3,
  retweets = 4,
  promotes = 5,
  clicks = 6,
};
struct PlantedRelationInfo {
  const char* name;
  PlantedType lhs, rhs;
};
inline constexpr std::array<PlantedRelationInfo, 7> kPlantedRelations = {{
    {"follows", PlantedType::user, PlantedType::user},
    {"authors", PlantedType::user, PlantedType::tweet},
    {"favorites", PlantedType::user, PlantedType::tweet},
    {"replies", PlantedType::user, PlantedType::tweet},
    {"retweets", PlantedType::user, PlantedType::tweet},
    {"promotes", PlantedType::advertiser, PlantedType::ad},
    {"clicks", PlantedType::user, PlantedType::ad},
}};

/// One interest of a user: a community and its share; the shares of a user sum to 1.
struct Interest {
  std::uint32_t community = 0;
  double share = 0.0;
};

/// Draws entities of one type by their weights, from a community or from all.
/// Memory    20 bytes an entity.
class WeightedEntities {
 public:
  WeightedEntities() = default;
  WeightedEntities(const GenerateOptions& options, PlantedType type, std::uint64_t num_entities);

  std::uint64_t size() const { return community_.size(); }
  std::uint32_t community(std::uint64_t entity) const { return community_[entity]; }
  double weight(std::uint64_t entity) const;
  double community_weight(std::uint32_t community) const;
  double total_weight() const { return cumulative_.empty() ? 0.0 : cumulative_.back(); }

  /// By weight among a community; among all if the community is empty.
  std::uint64_t draw(Rng& rng, std::uint32_t community) const;
  std::uint64_t draw_any(Rng& rng) const;

 private:
  std::uint64_t draw_in(Rng& rng, std::uint64_t first, std::uint64_t last) const;

  std::vector<std::uint32_t> community_;  ///< by entity
  std::vector<std::uint32_t> by_place_;   ///< entities ordered by community
  std::vector<std::uint32_t> place_;      ///< the inverse
  std::vector<double> cumulative_;        ///< of the weights, in that order
  std::vector<std::uint64_t> first_;      ///< first place of each community; one more at the end
};

/// The planted truth of one step.
class PlantedNetwork {
 public:
  explicit PlantedNetwork(const GenerateOptions& options);

  const GenerateOptions& options() const { return options_; }
  const WeightedEntities& entities(PlantedType type) const {
    return entities_[static_cast<std::size_t>(type)];
  }

  /// Interests after all drift up to the step; the first is the user's home community.
  std::vector<Interest> interests(std::uint64_t user) const;
  double share(std::uint64_t user, std::uint32_t community) const;
  /// Relative activity; the number of a user's edges is proportional to it.
  double activity(std::uint64_t user) const;
  /// Edges of a relation that leave a user: expected number, and the drawn one.
  double expected_edges(PlantedRelation relation, std::uint64_t user) const;

  bool is_offensive_community(std::uint32_t community) const;
  double offensive_probability(std::uint64_t user) const;
  bool is_offensive(std::uint64_t user) const;

  static double click_probability(double share) { return 0.02 + 0.5 * share; }

  /// Entities of a type at a step, for about `edges` edges.
  static std::uint64_t num_entities(const GenerateOptions& options, PlantedType type);

 private:
  GenerateOptions options_;
  std::array<WeightedEntities, 4> entities_;
  double total_activity_ = 0.0;
};

}  // namespace twhin
