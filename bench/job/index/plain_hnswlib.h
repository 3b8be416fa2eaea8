// bench/job/index/plain_hnswlib.h -- hnswlib as its users build it: its own distances, compiled for
// the machine at hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace twhin::bench {

/// An L2 index over rows that the caller owns.
class __attribute__((visibility("default"))) PlainHnswlib {
 public:
  /// Inserts all rows [n, dim] in their order, by one thread; or reads `file` if it is there, and
  /// writes it if it is not.
  PlainHnswlib(const float* rows, std::size_t n, std::size_t dim, std::size_t m,
               std::size_t ef_construction, const std::string& file);
  ~PlainHnswlib();
  PlainHnswlib(const PlainHnswlib&) = delete;
  PlainHnswlib& operator=(const PlainHnswlib&) = delete;

  /// Seconds that inserting took; 0 if the file was read.
  double build_seconds() const { return build_seconds_; }
  /// out [num, k]: ids of the nearest, by the calling thread.
  void search(const float* queries, std::size_t num, std::size_t k, std::size_t ef,
              std::uint32_t* out) const;

 private:
  struct State;
  State* state_;
  std::size_t dim_;
  double build_seconds_ = 0.0;
};

}  // namespace twhin::bench
