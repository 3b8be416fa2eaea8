// twhin/storage/event_file.h -- an event file of scalars, as TensorBoard reads it.
//
//   file     record ...
//   record   u64 n · u32 mask(crc32c(n)) · n bytes of a message · u32 mask(crc32c(the n bytes))
//   message  Event { double wall_time = 1; int64 step = 2; string file_version = 3;
//                    Summary summary = 5 { Value value = 1 { string tag = 1;
//                                                            float simple_value = 2 } } }
//
// in Protocol Buffers' wire format, mask(c) = rotate_right(c, 15) + 0xa282ead8; the first record
// has the file_version "brain.Event:2". TensorBoard takes any file whose name contains "tfevents".
//
// Source: tensorflow/core/util/event.proto, tensorflow/core/lib/io/record_writer.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace twhin {

/// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78) of `bytes`.
std::uint32_t crc32c(std::string_view bytes);

struct EventScalar {
  std::string tag;
  double value = 0.0;  ///< stored as f32
};

/// Appends to a file that it begins anew.
class EventFileWriter {
 public:
  /// Errors    io "file.open".
  explicit EventFileWriter(std::filesystem::path path);

  /// One event with all scalars. It is in the file, unsynced, on return.
  /// Errors    io "file.write".
  void write(double wall_time, std::int64_t step, std::span<const EventScalar> scalars);

 private:
  void write_record(std::string_view message);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace twhin
