#include "cli/signals.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "cli/command.h"

namespace twhin::cli {
namespace {

StopFlag stop_flag;
std::atomic<bool> job_polls{false};

extern "C" void on_signal(int) {
  if (!job_polls.load(std::memory_order_relaxed) || stop_flag.requested()) _exit(kExitInterrupted);
  stop_flag.request();
  constexpr char kText[] = "\nstopping at the next safe point; once more to stop at once\n";
  const int saved = errno;
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText, sizeof kText - 1);
  errno = saved;
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action = {};
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  action.sa_handler = &on_signal;
  // A signal that the parent had ignored (nohup, a job in the background) stays ignored.
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction inherited = {};
    sigaction(number, nullptr, &inherited);
    if (inherited.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

const StopFlag& stop_on_signals() {
  job_polls.store(true, std::memory_order_relaxed);
  return stop_flag;
}

}  // namespace twhin::cli
