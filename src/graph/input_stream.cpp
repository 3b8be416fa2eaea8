#include "graph/input_stream.h"

#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>

#include <string_view>

#include "twhin/base/error.h"

namespace twhin {
namespace {

arrow::Compression::type compression_of(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.substr(0, 2) == "\x1f\x8b"sv) return arrow::Compression::GZIP;
  if (head.substr(0, 4) == "\x28\xb5\x2f\xfd"sv) return arrow::Compression::ZSTD;
  return arrow::Compression::UNCOMPRESSED;
}

}  // namespace

struct InputStream::Impl {
  std::string name;
  std::shared_ptr<arrow::io::ReadableFile> file;
  std::unique_ptr<arrow::util::Codec> codec;
  std::shared_ptr<arrow::io::InputStream> stream;
  bool compressed = false;

  [[noreturn]] void fail(const arrow::Status& status) const {
    if (!compressed) {
      throw ErrorBuilder(ErrorKind::io, "file.read")
          .what(fmt::format("cannot read {}", quote(name)))
          .found(status.message())
          .build();
    }
    throw ErrorBuilder(ErrorKind::corrupt_data, "graph.damaged_file")
        .what(fmt::format("the compressed data of {} are damaged or cut off", quote(name)))
        .found(status.message())
        .hint("fetch or write the file again; what was read so far has been discarded")
        .build();
  }
};

InputStream::InputStream(const InputFile& input) : impl_(std::make_unique<Impl>()) {
  impl_->name = input.name;
  auto file = arrow::io::ReadableFile::Open(input.path.string());
  if (!file.ok()) impl_->fail(file.status());
  impl_->file = *file;
  char head[4] = {};
  const auto got = impl_->file->Read(sizeof(head), head);
  if (!got.ok()) impl_->fail(got.status());
  if (const auto back = impl_->file->Seek(0); !back.ok()) impl_->fail(back);
  const auto kind = compression_of({head, static_cast<std::size_t>(*got)});
  impl_->stream = impl_->file;
  if (kind == arrow::Compression::UNCOMPRESSED) return;
  impl_->compressed = true;
  auto codec = arrow::util::Codec::Create(kind);
  if (!codec.ok()) impl_->fail(codec.status());
  impl_->codec = std::move(*codec);
  auto stream = arrow::io::CompressedInputStream::Make(impl_->codec.get(), impl_->file);
  if (!stream.ok()) impl_->fail(stream.status());
  impl_->stream = *stream;
}

InputStream::~InputStream() = default;

std::size_t InputStream::read(char* out, std::size_t size) {
  std::size_t total = 0;
  while (total < size) {
    const auto got = impl_->stream->Read(static_cast<std::int64_t>(size - total), out + total);
    if (!got.ok()) impl_->fail(got.status());
    if (*got == 0) break;
    total += static_cast<std::size_t>(*got);
  }
  return total;
}

bool InputStream::seek(std::uint64_t offset) {
  if (impl_->compressed) return false;
  const auto status = impl_->file->Seek(static_cast<std::int64_t>(offset));
  if (!status.ok()) impl_->fail(status);
  return true;
}

std::uint64_t InputStream::position() const {
  const auto at = impl_->file->Tell();
  return at.ok() ? static_cast<std::uint64_t>(*at) : 0;
}

}  // namespace twhin
