// twhin/base/threads.h -- running the same function on several threads and coming back whole.
#pragma once

#include <cstddef>
#include <functional>

namespace twhin {

/// Number of hardware threads that this process may use (its affinity mask), at least 1.
std::size_t num_hardware_threads();

/// Runs body(thread) for thread = 0 … num_threads-1, thread 0 on the caller's own.
///
/// The first exception of any of them is rethrown here after all have ended; nothing tells the
/// others, so long bodies poll a flag of their own.
/// Every worker is restricted to one OpenMP thread inside libraries by the caller's first call of
/// a kernel; this file knows nothing of OpenMP.
void run_threads(std::size_t num_threads, const std::function<void(std::size_t thread)>& body);

/// Runs body(i) for each i in [0, count), handed out one by one to num_threads threads.
/// An exception stops the handing out and is rethrown.
void parallel_for(std::size_t count, std::size_t num_threads,
                  const std::function<void(std::size_t i)>& body);

}  // namespace twhin
