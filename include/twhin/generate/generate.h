// twhin/generate/generate.h -- writes the planted network as tables, with its truth beside it.
//
//   OUT/  config.yaml (ready for import, train, …) · generate.yaml (the options) ·
//   edges/<relation>.parquet (lhs, rhs, timestamp)
//         exposures.parquet (user, ad, clicked, probability): every ad shown, clicked or not
//         truth/{user,tweet,advertiser,ad}.parquet
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/generate/options.h"

namespace twhin {

struct GenerateSummary {
  std::array<std::uint64_t, 4> entities = {};  ///< by PlantedType
  std::array<std::uint64_t, 7> edges = {};     ///< by PlantedRelation
  std::uint64_t exposures = 0;
};

/// Writes the network of one step. An existing directory is replaced when the new one is complete.
///
/// Errors    invalid_argument "generate.not_ours" if `out` exists and holds something else;
///           config.out_of_range; those of files; cancelled, and then nothing was changed.
/// Cost      about a second for a million edges on one core; memory 20 bytes an entity and 20 MB.
/// Exact     the same options give the same bytes, in Parquet up to the version of the library.
GenerateSummary generate(const GenerateOptions& options, const std::filesystem::path& out,
                         const Observer& observer, const StopFlag& stop);

/// Settings of a generated directory, from its generate.yaml.
GenerateOptions read_generated_options(const std::filesystem::path& generated);

/// Writes the truth as a model of the imported network, so that every verb can be asked what the
/// right answer would score: `twhin eval` of it is the upper bound for any learned model.
///
/// Rows are [T | S | A] of communities + 1 numbers each: T(e) what e offers as a target (w/W_c in
/// its community, w/W), S(e) what e seeks ((1-ε) π(c), ε) times its activity, A(u) the same for
/// clicked ads. Each relation's linear operator moves the lhs block that it needs to where the
/// rhs's block stands; then score = p(t | u) of planted_network.h (1) exactly, times a(u).
///
/// Returns the version's directory, models/truth/v<n>.
/// Errors    not_found "generate.not_generated" if the graph's names are not of `generated`.
std::filesystem::path write_true_model(const std::filesystem::path& generated,
                                       const std::filesystem::path& graph,
                                       const std::filesystem::path& models);

}  // namespace twhin
