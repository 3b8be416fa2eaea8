#include "twhin/storage/event_file.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "twhin/base/file.h"

namespace twhin {
namespace {

constexpr const char* kFileVersion = "brain.Event:2";

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table = {};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) ? 0x82f63b78u : 0u);
    }
    table[byte] = remainder;
  }
  return table;
}

std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

template <class T>
std::string bytes_of(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));  // little-endian, as every machine that we build on
  return bytes;
}

// The wire types of Protocol Buffers that are needed here.
enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, length = 2, fixed32 = 5 };

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  return bytes += static_cast<char>(value);
}

std::string field(unsigned number, Wire wire, std::string_view payload) {
  std::string bytes = varint((number << 3) | static_cast<unsigned>(wire));
  if (wire == Wire::length) bytes += varint(payload.size());
  return bytes.append(payload);
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = crc_table();
  std::uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  }
  return ~crc;
}

EventFileWriter::EventFileWriter(std::filesystem::path path)
    : path_(std::move(path)), file_(path_, std::ios::binary | std::ios::trunc) {
  if (!file_) throw_system_error("file.open", "cannot open", path_, errno);
  write_record(field(1, Wire::fixed64, bytes_of(now())) + field(3, Wire::length, kFileVersion));
}

void EventFileWriter::write(double wall_time, std::int64_t step,
                            std::span<const EventScalar> scalars) {
  std::string summary;
  for (const EventScalar& scalar : scalars) {
    summary += field(1, Wire::length,
                     field(1, Wire::length, scalar.tag) +
                         field(2, Wire::fixed32, bytes_of(static_cast<float>(scalar.value))));
  }
  write_record(field(1, Wire::fixed64, bytes_of(wall_time)) +
               field(2, Wire::varint, varint(static_cast<std::uint64_t>(step))) +
               field(5, Wire::length, summary));
}

void EventFileWriter::write_record(std::string_view message) {
  const std::string length = bytes_of(static_cast<std::uint64_t>(message.size()));
  errno = 0;
  file_ << length << bytes_of(masked(crc32c(length))) << message
        << bytes_of(masked(crc32c(message))) << std::flush;
  if (!file_) throw_system_error("file.write", "cannot write", path_, errno);
}

}  // namespace twhin
