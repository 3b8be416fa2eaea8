// train/io_thread.h -- one thread that reads and writes files behind the workers' backs.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace twhin::training {

/// Runs tasks one after the other, in the order in which they were given.
class IoThread {
 public:
  IoThread();
  /// Drops the tasks that have not begun, waits for the one that has.
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void add(std::function<void()> task);

  /// Waits until `done()` is true, which is asked for after each task, or all tasks are done.
  /// Rethrows the first exception of a task; nothing runs after one.
  void wait_until(const std::function<bool()>& done);
  void wait_until_idle();

  /// Held by tasks and callers around what they share.
  std::mutex& mutex() { return mutex_; }

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool busy_ = false, ending_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace twhin::training
