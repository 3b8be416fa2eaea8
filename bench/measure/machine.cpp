#include "measure/machine.h"

#include <dnnl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "kernel/products.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/base/huge_buffer.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"

namespace twhin::bench {
namespace fs = std::filesystem;
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// So that what is read comes from the disk.
void forget_pages(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY);
  if (fd < 0) throw_system_error("file.open", "cannot open", path, errno);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
}

}  // namespace

std::string machine() {
  std::ifstream cpu("/proc/cpuinfo");
  std::string model = "unknown CPU";
  for (std::string line; std::getline(cpu, line);) {
    if (line.rfind("model name", 0) == 0) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  }
  const auto memory = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return fmt::format("{}, {} cores, {}", model, num_hardware_threads(), format_bytes(memory));
}

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double sgemm_gflops(std::size_t num_threads) {
  constexpr dnnl_dim_t n = 2048;
  constexpr int kProducts = 4;
  std::vector<double> rates(num_threads);
  run_threads(num_threads, [&](std::size_t t) {
    kernel::single_threaded_products();
    HugeFloats a(n * n), b(n * n), c(n * n);
    std::fill_n(a.data(), a.size(), 0.5f);
    std::fill_n(b.data(), b.size(), 0.25f);
    for (int k = 0; k < kProducts; ++k) {
      const double begin = thread_seconds();
      dnnl_sgemm('N', 'N', n, n, n, 1.0f, a.data(), n, b.data(), n, 0.0f, c.data(), n);
      rates[t] = std::max(rates[t], 2.0 * n * n * n / (thread_seconds() - begin) / 1e9);
    }
  });
  double sum = 0.0;
  for (const double rate : rates) sum += rate;
  return sum;
}

double disk_bytes_per_s(const fs::path& directory, std::uint64_t bytes) {
  make_directories(directory);
  const fs::path path = directory / "disk_rate";
  std::vector<char> piece(8 << 20, 1);
  const double begin = seconds_now();
  {
    AtomicFile file(path);
    for (std::uint64_t at = 0; at < bytes; at += piece.size()) {
      file.write(piece.data(), piece.size());
    }
    file.commit();
  }
  double seconds = seconds_now() - begin;
  forget_pages(path);
  const double again = seconds_now();
  {
    std::ifstream file(path, std::ios::binary);
    while (file.read(piece.data(), static_cast<std::streamsize>(piece.size()))) {
    }
  }
  seconds += seconds_now() - again;
  fs::remove(path);
  return 2.0 * static_cast<double>(bytes) / seconds;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? std::nan("") : values[values.size() / 2];
}

nlohmann::json in_child(const std::function<nlohmann::json()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) throw_system_error("bench.pipe", "cannot make a pipe", {}, errno);
  const pid_t child = ::fork();
  if (child < 0) throw_system_error("bench.fork", "cannot start a process", {}, errno);
  if (child == 0) {
    ::close(ends[0]);
    int status = 1;
    try {
      const std::string text = body().dump();
      std::size_t at = 0;
      while (at < text.size()) {
        const ssize_t count = ::write(ends[1], text.data() + at, text.size() - at);
        if (count <= 0) break;
        at += static_cast<std::size_t>(count);
      }
      status = at == text.size() ? 0 : 1;
    } catch (const std::exception& error) {
      std::cerr << "error: " << error.what() << std::endl;
    }
    ::_exit(status);
  }
  ::close(ends[1]);
  std::string text;
  char piece[4096];
  for (ssize_t count; (count = ::read(ends[0], piece, sizeof piece)) > 0;) {
    text.append(piece, static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) {
    throw ErrorBuilder(ErrorKind::internal, "bench.child").what("a measurement failed").build();
  }
  return nlohmann::json::parse(text);
}

}  // namespace twhin::bench
