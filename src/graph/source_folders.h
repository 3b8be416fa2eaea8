// graph/source_folders.h -- the folders that other programs keep their graphs in.
//
//   openke    train2id.txt, valid2id.txt, test2id.txt: the number of rows, then "head tail
//             relation" by ids; entity2id.txt, relation2id.txt: the number of names, then "name id"
//   udd       dictionaries of "id name" or "name id"; rows of three ids in the given order
//   raw_udd   the same rows with names
//   pbg       edges_I_J.h5 with lhs, rhs, rel: ids within partition I or J of a type, and of a
//             relation; weight, if it is there; entity_count_TYPE_I.txt, entity_names_TYPE_I.json;
//             dynamic_rel_count.txt, dynamic_rel_names.json, without which relation k is the k-th
//             of the config
//
// Sources: OpenKE's README ("Data"), DGL-KE's documentation ("Training on your own data", formats
// udd and raw_udd), PyTorch-BigGraph's documentation ("I/O format").
#pragma once

#include <cstddef>

#include "graph/inputs.h"

namespace twhin {

/// Adds to `inputs` what source `index` of `options`, a folder of that format, stands for. The
/// errors are those of find_inputs.
void add_triple_folder(const ImportOptions& options, std::size_t index, DictionaryReading& reading,
                       Inputs& inputs);
void add_pbg_folder(const ImportOptions& options, std::size_t index, DictionaryReading& reading,
                    Inputs& inputs);

/// Dictionaries by relation id, and a check that each relation is declared.
/// Errors    not_found "graph.unknown_relation".
const RelationEnds& ends_of(const ImportOptions& options, std::string_view relation,
                            const Dictionary& dictionary, const std::string& at);

/// Index of a type of the options.
std::uint32_t type_index(const ImportOptions& options, std::string_view type);

/// A file of a folder, as a path that messages call as the source's path was written.
Path in_folder(const Path& folder, const std::string& file);

/// Refuses a folder whose files tell the splits while the option `split` holds some out as well.
void check_splits(const ImportOptions& options, const std::string& at);

}  // namespace twhin
