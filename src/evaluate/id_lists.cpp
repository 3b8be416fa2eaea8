#include "evaluate/id_lists.h"

namespace twhin {

void IdLists::tidy(const std::vector<std::uint64_t>& ends) {
  const std::size_t num_lists = ends.size() - 1;
  first_.reserve(num_lists + 1);
  const auto at = [&](std::uint64_t place) {
    return ids_.begin() + static_cast<std::ptrdiff_t>(place);
  };
  std::uint64_t begin = 0, kept = 0;
  for (std::size_t i = 0; i < num_lists; ++i) {
    std::sort(at(begin), at(ends[i]));
    const auto unique_end = std::unique(at(begin), at(ends[i]));
    first_.push_back(kept);
    std::copy(at(begin), unique_end, at(kept));
    kept += static_cast<std::uint64_t>(unique_end - at(begin));
    begin = ends[i];
  }
  first_.push_back(kept);
  ids_.resize(kept);
  ids_.shrink_to_fit();
}

}  // namespace twhin
