// index/searcher.h -- what finds near items: a graph or lists of codes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/layout.h"

namespace twhin {

/// Threads   nearest() may be called concurrently.
class Searcher {
 public:
  virtual ~Searcher() = default;

  /// Replaces `out` with the ids of at most `count` near items of a prepared query [dim], in any
  /// order, each once. More effort finds better ones; fewer than `count` may be found.
  virtual void nearest(const float* query, std::size_t count, std::uint32_t effort,
                       std::vector<FlatId>& out) const = 0;

  /// The most effort that changes anything.
  virtual std::uint32_t most_effort() const = 0;
  virtual std::uint64_t memory_bytes() const = 0;
};

}  // namespace twhin
