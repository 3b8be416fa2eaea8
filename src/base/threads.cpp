#include "twhin/base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace twhin {

std::size_t num_hardware_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  }
  return std::max(1u, std::thread::hardware_concurrency());
}

void run_threads(std::size_t num_threads, const std::function<void(std::size_t)>& body) {
  std::exception_ptr first;
  std::mutex mutex;
  const auto guarded = [&](std::size_t thread) {
    try {
      body(thread);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first) first = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(num_threads);
    for (std::size_t thread = 1; thread < num_threads; ++thread)
      threads.emplace_back(guarded, thread);
    guarded(0);
  }  // joins
  if (first) std::rethrow_exception(first);
}

void parallel_for(std::size_t count, std::size_t num_threads,
                  const std::function<void(std::size_t)>& body) {
  std::atomic<std::size_t> next{0};
  run_threads(std::clamp<std::size_t>(count, 1, std::max<std::size_t>(1, num_threads)),
              [&](std::size_t) {
                for (std::size_t i; (i = next.fetch_add(1)) < count;) {
                  try {
                    body(i);
                  } catch (...) {
                    next.store(count);
                    throw;
                  }
                }
              });
}

}  // namespace twhin
