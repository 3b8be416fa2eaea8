#include "twhin/config/types.h"

#include <fmt/format.h>

#include <cmath>

#include "config/units.h"
#include "twhin/config/field.h"

namespace twhin {

std::string to_text(double number) { return fmt::format("{}", number); }
std::string to_text(float number) { return fmt::format("{}", number); }

std::string to_text(Bytes size) {
  std::string shortest = fmt::format("{}", size.value);
  for (const config::SizeUnit& unit : config::kSizeUnits) {
    if (size.value == 0 || size.value % unit.bytes != 0) continue;
    const std::string text = fmt::format("{}{}", size.value / unit.bytes, unit.name);
    if (text.size() < shortest.size()) shortest = text;
  }
  return shortest;
}

std::string to_text(Seconds length) {
  for (const config::TimeUnit& unit : config::kTimeUnits) {
    const double count = length.value / unit.seconds;
    const bool exact = count == std::round(count) && count * unit.seconds == length.value;
    if (length.value != 0.0 && exact) return fmt::format("{}{}", count, unit.name);
  }
  return fmt::format("{}s", length.value);
}

namespace config {

std::string OneOf::text() const {
  std::string text = "one of ";
  for (std::size_t i = 0; i < names.size(); ++i) text += (i > 0 ? ", " : "") + names[i];
  return text;
}

}  // namespace config
}  // namespace twhin
