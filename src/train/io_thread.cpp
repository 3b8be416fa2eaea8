#include "train/io_thread.h"

#include <utility>

namespace twhin::training {

IoThread::IoThread() : thread_([this] { run(); }) {}

IoThread::~IoThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    tasks_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void IoThread::add(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) tasks_.push_back(std::move(task));
  }
  changed_.notify_all();
}

void IoThread::wait_until(const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || done() || (tasks_.empty() && !busy_); });
  if (failure_) std::rethrow_exception(failure_);
}

void IoThread::wait_until_idle() {
  wait_until([] { return false; });
}

void IoThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || !tasks_.empty(); });
    if (ending_) return;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    busy_ = true;
    lock.unlock();
    std::exception_ptr failure;
    try {
      task();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    busy_ = false;
    if (failure && !failure_) {
      failure_ = failure;
      tasks_.clear();
    }
    changed_.notify_all();
  }
}

}  // namespace twhin::training
