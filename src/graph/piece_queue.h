// graph/piece_queue.h -- hands the pieces of many tables to the threads that parse them.
//
// A thread takes the next piece of a table that nobody is reading; if there is none it opens the
// next file. So files and row groups are read in parallel where there are several, and one large
// gz is read by one thread and parsed by the others.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "graph/batch.h"

namespace twhin {

class PieceQueue {
 public:
  using Open = std::function<std::vector<std::unique_ptr<TableReader>>(std::size_t file)>;

  PieceQueue(std::size_t num_files, Open open);

  /// The next piece; null at the end or after stop(). Errors are those of the readers.
  std::unique_ptr<Piece> next();
  /// Makes next() return null to everybody.
  void stop();
  /// Bytes of all files used so far, about.
  std::uint64_t position() const;

 private:
  struct Active {
    std::unique_ptr<TableReader> reader;
    std::uint64_t position = 0;
    bool busy = false;
  };

  std::size_t num_files_;
  Open open_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Active>> active_;
  std::size_t next_file_ = 0;
  std::size_t num_opening_ = 0;
  std::uint64_t finished_bytes_ = 0;
  bool stopped_ = false;
};

}  // namespace twhin
