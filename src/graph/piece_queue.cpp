#include "graph/piece_queue.h"

#include <algorithm>

namespace twhin {

PieceQueue::PieceQueue(std::size_t num_files, Open open)
    : num_files_(num_files), open_(std::move(open)) {}

std::unique_ptr<Piece> PieceQueue::next() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto idle =
        std::find_if(active_.begin(), active_.end(), [](const auto& each) { return !each->busy; });
    if (idle != active_.end()) {
      const std::shared_ptr<Active> table = *idle;
      table->busy = true;
      lock.unlock();
      std::unique_ptr<Piece> piece = table->reader->next();
      const std::uint64_t position = table->reader->position();
      lock.lock();
      table->busy = false;
      table->position = position;
      changed_.notify_all();
      if (piece) return piece;
      finished_bytes_ += position;
      active_.erase(std::remove(active_.begin(), active_.end(), table), active_.end());
    } else if (next_file_ < num_files_) {
      const std::size_t file = next_file_++;
      ++num_opening_;
      lock.unlock();
      std::vector<std::unique_ptr<TableReader>> readers = open_(file);
      lock.lock();
      --num_opening_;
      for (auto& reader : readers) {
        active_.push_back(std::make_shared<Active>());
        active_.back()->reader = std::move(reader);
      }
      changed_.notify_all();
    } else if (active_.empty() && num_opening_ == 0) {
      return nullptr;
    } else {
      changed_.wait(lock);
    }
  }
  return nullptr;
}

void PieceQueue::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

std::uint64_t PieceQueue::position() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t total = finished_bytes_;
  for (const auto& table : active_) total += table->position;
  return total;
}

}  // namespace twhin
