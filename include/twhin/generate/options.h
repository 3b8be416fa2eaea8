// twhin/generate/options.h -- what the synthetic network looks like.
#pragma once

#include <cstdint>
#include <string>

#include "twhin/config/field.h"

namespace twhin {

enum class GeneratedFormat { parquet, tsv };

template <>
struct EnumNames<GeneratedFormat> {
  static constexpr EnumName<GeneratedFormat> values[] = {
      {"parquet", GeneratedFormat::parquet, "compressed columns"},
      {"tsv", GeneratedFormat::tsv, "text with a header line"}};
};

/// The defaults are the reference settings: figures that name no settings were measured with them.
struct GenerateOptions {
  std::uint64_t edges = 1'000'000;
  std::uint32_t communities = 100;
  double degree_exponent = 2.1;
  double outside = 0.3;
  std::uint32_t min_interests = 2;
  std::uint32_t max_interests = 5;
  double interest_exponent = 1.0;
  double edges_per_user = 100.0;
  std::uint32_t step = 0;
  double drift = 0.1;
  double growth = 0.05;
  std::uint64_t seed = 1;
  GeneratedFormat format = GeneratedFormat::parquet;

  template <class Visitor>
  static void fields(Visitor& f) {
    using namespace config;
    using O = GenerateOptions;
    f("edges", &O::edges, "Edges of all relations together, about.", between(1000, 2'000'000'000));
    f("communities", &O::communities, "Planted communities.", between(2, 10000));
    f("degree_exponent", &O::degree_exponent,
      "Exponent of the power law of degrees; smaller is more uneven.", between(2.01, 5.0));
    f("outside", &O::outside, "Share of edges that leave the user's own communities.",
      between(0.0, 0.99));
    f("min_interests", &O::min_interests, "Communities that a user belongs to, at least.",
      between(1, 5));
    f("max_interests", &O::max_interests, "Communities that a user belongs to, at most.",
      between(1, 5));
    f("interest_exponent", &O::interest_exponent,
      "The i-th interest of a user has a share of 1/i to this power; 0: all have the same.",
      between(0.0, 10.0));
    f("edges_per_user", &O::edges_per_user, "Mean number of edges that leave a user.",
      between(5.0, 1000.0));
    f("step", &O::step, "Period to generate; each has the interests of the one before, drifted.",
      at_most(1000));
    f("drift", &O::drift, "Probability that a user changes one interest from a step to the next.",
      between(0.0, 1.0));
    f("growth", &O::growth, "Share of new users, tweets and ads in each step.", between(0.0, 1.0));
    f("seed", &O::seed, "Seed; the same settings and seed give the same bytes.");
    f("format", &O::format, "Format of the tables.");
  }

  /// Errors    config.out_of_range if there are more minimal than maximal interests.
  void validate(const std::string& at) const;
};

}  // namespace twhin
