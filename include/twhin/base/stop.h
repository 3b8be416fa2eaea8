// twhin/base/stop.h -- a wish to stop that long jobs poll.
//
// The command line sets it from its signal handler (a lock-free atomic store is safe there); a job
// that sees it finishes its smallest unit, commits what it can, and throws ErrorKind::cancelled.
#pragma once

#include <atomic>

namespace twhin {

class StopFlag {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets the flag");

}  // namespace twhin
