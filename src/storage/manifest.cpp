#include "twhin/storage/manifest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "twhin/base/error.h"
#include "twhin/base/version.h"

namespace twhin {
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

constexpr std::uint32_t kNewestFormatVersion = 1;

Json to_json(const std::map<std::string, FileRecord>& records) {
  Json files = Json::object();
  for (const auto& [path, record] : records) {
    files[path] = {{"bytes", record.num_bytes}, {"checksum", to_hex(record.checksum)}};
  }
  return files;
}

// What the checksum covers.
Json to_json(const Manifest& m) {
  return {{"format", m.format},
          {"format_version", m.format_version},
          {"created_by", m.created_by},
          {"meta", Json::parse(m.meta_json)},
          {"files", to_json(m.files)}};
}

std::uint64_t checksum_of(const Json& without_checksum) {
  const std::string text = without_checksum.dump();
  return checksum(text.data(), text.size());
}

// Keeps "../x" and "/x" of a manifest from another hand away from the file system.
bool stays_inside(const std::string& path) {
  const fs::path p(path);
  if (p.empty() || p.is_absolute()) return false;
  for (const auto& part : p) {
    if (part == "..") return false;
  }
  return true;
}

}  // namespace

void Manifest::add(const fs::path& directory, const std::string& relative_path) {
  files[relative_path] = record_of(directory / relative_path);
}

void Manifest::add_note(const fs::path& directory, const std::string& relative_path) {
  notes[relative_path] = record_of(directory / relative_path);
}

std::map<std::string, FileRecord> Manifest::records() const {
  std::map<std::string, FileRecord> all = files;
  all.insert(notes.begin(), notes.end());
  return all;
}

void Manifest::write(const fs::path& directory) {
  created_by = fmt::format("twhin {}", kVersion);
  Json json = to_json(*this);
  checksum = checksum_of(json);
  json["checksum"] = to_hex(checksum);
  if (!notes.empty()) json["notes"] = to_json(notes);
  write_text(directory / kFileName, json.dump(1) + "\n");
}

Manifest Manifest::read(const fs::path& directory, std::string_view format) {
  const fs::path path = directory / kFileName;
  if (!fs::exists(path)) {
    throw ErrorBuilder(ErrorKind::not_found, "storage.no_manifest")
        .what(fmt::format("{} is not {}", quote(directory.string()),
                          format.empty() ? "a directory of twhin" : fmt::format("a {}", format)))
        .found(fs::exists(directory) ? "no manifest.json in it" : "no such directory")
        .build();
  }
  const auto damaged = [&](std::string_view id, const std::string& found) {
    return ErrorBuilder(ErrorKind::corrupt_data, id)
        .what(fmt::format("{} is damaged", quote(path.string())))
        .found(found)
        .hint("restore the directory from a copy, or make it again")
        .build();
  };
  Manifest m;
  std::uint64_t recorded = 0, computed = 0;
  try {
    Json json = Json::parse(read_text(path));
    m.format = json.at("format").get<std::string>();
    m.format_version = json.at("format_version").get<std::uint32_t>();
    if (m.format_version > kNewestFormatVersion) {
      throw ErrorBuilder(ErrorKind::version_mismatch, "storage.newer_version")
          .what(fmt::format("{} was written by a newer twhin", quote(directory.string())))
          .found(fmt::format("format version {}", m.format_version))
          .expected(fmt::format("at most {}", kNewestFormatVersion))
          .build();
    }
    m.created_by = json.at("created_by").get<std::string>();
    m.meta_json = json.at("meta").dump();
    const auto read_records = [&](const Json& records, std::map<std::string, FileRecord>& out) {
      for (const auto& [name, record] : records.items()) {
        if (!stays_inside(name)) throw damaged("storage.bad_manifest", "the path " + quote(name));
        out[name] = {record.at("bytes").get<std::uint64_t>(),
                     std::stoull(record.at("checksum").get<std::string>(), nullptr, 16)};
      }
    };
    read_records(json.at("files"), m.files);
    if (json.contains("notes")) read_records(json.at("notes"), m.notes);
    json.erase("notes");
    recorded = std::stoull(json.at("checksum").get<std::string>(), nullptr, 16);
    json.erase("checksum");
    computed = checksum_of(json);
  } catch (const Json::exception& e) {
    throw damaged("storage.bad_manifest", e.what());
  } catch (const std::logic_error& e) {  // std::stoull
    throw damaged("storage.bad_manifest", "a checksum that is not hexadecimal");
  }
  if (recorded != computed) {
    throw damaged("storage.checksum_mismatch",
                  fmt::format("checksum {}, recorded {}", to_hex(computed), to_hex(recorded)));
  }
  if (!format.empty() && m.format != format) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "storage.wrong_kind")
        .what(fmt::format("{} holds something else", quote(directory.string())))
        .found(m.format)
        .expected(format)
        .build();
  }
  m.checksum = computed;
  return m;
}

std::uint64_t Manifest::verify(const fs::path& directory, bool all_bytes) const {
  std::uint64_t num_bytes = 0;
  for (const auto& [name, wanted] : records()) {
    const fs::path path = directory / name;
    const FileRecord found = record_of(path);
    if (found.num_bytes != wanted.num_bytes || found.checksum != wanted.checksum) {
      throw ErrorBuilder(ErrorKind::corrupt_data, "storage.checksum_mismatch")
          .what(fmt::format("{} is damaged", quote(path.string())))
          .found(fmt::format("{} bytes, checksum {}", found.num_bytes, to_hex(found.checksum)))
          .expected(fmt::format("{} bytes, checksum {} (manifest)", wanted.num_bytes,
                                to_hex(wanted.checksum)))
          .build();
    }
    if (all_bytes && Container::is_container(path)) Container::open(path, "").verify();
    num_bytes += found.num_bytes;
  }
  return num_bytes;
}

std::string file_name_for(std::string_view name) {
  constexpr std::size_t kLongest = 200;
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || (c == '.' && i > 0);
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  if (out.size() > kLongest) {
    out = out.substr(0, kLongest - 18) + "%%" + to_hex(checksum(name.data(), name.size()));
  }
  return out;
}

void replace_directory(const fs::path& from, const fs::path& to) {
  if (!fs::exists(to)) return rename_durably(from, to);
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
    sync_directory(to.has_parent_path() ? to.parent_path() : fs::path("."));
    fs::remove_all(from);
    return;
  }
  // No exchange here: between the two renames `to` does not exist; the old content lies in `.old`.
  fs::path old = to;
  old += ".old";
  fs::remove_all(old);
  rename_durably(to, old);
  rename_durably(from, to);
  fs::remove_all(old);
}

}  // namespace twhin
