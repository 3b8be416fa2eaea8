// bench/measure/machine.h -- what every line of a benchmark says of the machine, and its ceilings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace twhin::bench {

/// "AMD EPYC, 2 cores, 23.5 GiB": model, cores, memory; no host or user name.
std::string machine();

/// Seconds that this thread has run.
double thread_seconds();

/// GFLOP/s of oneDNN's sgemm of 2048 x 2048 x 2048, the sum over threads that each have a product
/// of their own; counted by the time that they ran, the best of four.
double sgemm_gflops(std::size_t num_threads);

/// Bytes a second that a file of `bytes` is written with, synced, and read again with, from the
/// disk: bytes moved over the seconds of both.
double disk_bytes_per_s(const std::filesystem::path& directory, std::uint64_t bytes);

/// NaN if there are none.
double median(std::vector<double> values);

/// Runs `body` in a child process, whose peak of memory is then its own, and returns what it
/// returned. The caller must have no other threads.
/// Errors    internal "bench.child" if the child failed; it has said why on stderr.
nlohmann::json in_child(const std::function<nlohmann::json()>& body);

}  // namespace twhin::bench
