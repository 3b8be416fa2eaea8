#include "twhin/train/options.h"

#include <cmath>

#include "twhin/base/error.h"

namespace twhin {
namespace config {

void Value<CheckpointInterval>::read(const Place& at, CheckpointInterval& out) {
  const std::string& text = at.node().text;
  const bool is_count = at.node().kind == Node::Kind::scalar && !text.empty() &&
                        text.find_first_not_of("0123456789") == std::string::npos;
  if (is_count) {
    out = {static_cast<std::uint32_t>(read_unsigned(at, 1u << 30)), {0}};
    return;
  }
  out = {0, read_seconds(at)};
  if (!(out.time.value > 0) || !std::isfinite(out.time.value)) {
    throw out_of_range(at.text(), at.path(), text, "a number of buckets, or a time above 0");
  }
}

Node Value<CheckpointInterval>::write(const CheckpointInterval& value) {
  if (value.time.value > 0) return Value<Seconds>::write(value.time);
  return Value<std::uint32_t>::write(value.buckets);
}

Type Value<CheckpointInterval>::type() { return {"whole number or time", {}}; }

}  // namespace config

void TrainOptions::validate(const std::string& at) const {
  NegativesOptions::validate(at);
  LossOptions::validate(at);
  if (patience && validate_every == 0) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "train.patience")
        .what("patience counts validations, and there are none")
        .at(at)
        .expected("train.validate_every of 1 or more, or no train.patience")
        .build();
  }
  if (buffer == 1) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "train.buffer")
        .what("a buffer of one partition cannot hold a bucket, which needs two")
        .at(at)
        .expected("train.buffer of 2 or more, or 0 for all partitions")
        .build();
  }
}

}  // namespace twhin
