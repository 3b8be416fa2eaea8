#include "cli/infer_lines.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin::cli {
namespace {

using Json = nlohmann::ordered_json;

Error bad_line(const std::string& what) {
  return ErrorBuilder(ErrorKind::invalid_argument, "mixture.bad_line").what(what).build();
}

std::string numbers(const float* x, std::size_t n) {
  std::string text = "[";
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0) text += ',';
    fmt::format_to(std::back_inserter(text), "{:.9g}", x[i]);
  }
  return text + "]";
}

struct Answer {
  std::string text;
  bool inferred = false;
  std::uint64_t engagements = 0, unknown = 0;
};

/// A list as it was asked for, its names looked up.
struct Question {
  Json id;
  bool is_target = false;
  std::vector<Engagement> engagements;
  std::uint64_t unknown = 0;
};

class Lines {
 public:
  Lines(const ModelVersion& version, const Mixture& mixture, const InferOptions& options,
        Representation representation)
      : version_(version),
        mixture_(mixture),
        representation_(representation),
        inference_(version, mixture, options) {
    for (std::uint32_t t = 0; t < version.schema().entities.size(); ++t) {
      names_.push_back(version.vocabulary(t));
    }
  }

  Answer answer(const std::string& line, std::uint64_t number) const {
    Question question;
    Answer out;
    try {
      question = parse(line);
      out.unknown = question.unknown;
      out.engagements = question.engagements.size();
      const InferredEntity entity = question.is_target ? inference_.target(question.engagements)
                                                       : inference_.user(question.engagements);
      if (entity.refused) {
        out.text = refusal(question, number, entity.refused->id, entity.refused->reason);
      } else {
        out.text = text_of(question, entity);
        out.inferred = true;
      }
    } catch (const Json::exception& e) {
      out.text = refusal(question, number, "mixture.bad_line", e.what());
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::invalid_argument && e.kind() != ErrorKind::not_found) throw;
      out.text = refusal(question, number, e.id(), e.what());
    }
    return out;
  }

 private:
  Question parse(const std::string& line) const {
    const Json json = Json::parse(line);
    if (!json.is_object()) throw bad_line("a line is not an object of JSON");
    Question out;
    for (const auto& [key, value] : json.items()) {
      if (key == "id") {
        out.id = value;
      } else if (key == "as") {
        if (value != "user" && value != "target") {
          throw bad_line(fmt::format("\"as\" is {}, not \"user\" or \"target\"", value.dump()));
        }
        out.is_target = value == "target";
      } else if (key != "engagements") {
        throw bad_line(fmt::format("a line has the unknown key {}", quote(key)));
      }
    }
    const Side own = out.is_target ? mixture_.info().options.target_side
                                   : opposite(mixture_.info().options.target_side);
    for (const Json& each : json.at("engagements")) add(each, own, out);
    return out;
  }

  void add(const Json& json, Side own, Question& out) const {
    Engagement one;
    one.relation = version_.schema().relation(json.at("relation").get<std::string>());
    const RelationType& relation = version_.schema().relations[one.relation];
    for (const auto& [key, value] : json.items()) {
      if (key == "weight") {
        one.weight = value.get<float>();
        if (!std::isfinite(one.weight) || one.weight < 0.0f) {
          throw bad_line(fmt::format("weight {} of an engagement", value.dump()));
        }
      } else if (key == "timestamp") {
        one.timestamp = value.get<std::int64_t>();
      } else if (key != "relation" && key != "name") {
        throw bad_line(fmt::format("an engagement has the unknown key {}", quote(key)));
      }
    }
    const Json& name = json.at("name");
    const std::string text = name.is_string() ? name.get<std::string>() : name.dump();
    const auto id = names_[own == Side::lhs ? relation.rhs : relation.lhs].find(text);
    if (id) {
      one.other = *id;
      out.engagements.push_back(one);
    } else {
      ++out.unknown;
    }
  }

  static std::string head(const Question& question) {
    return fmt::format("{{\"id\":{},", question.id.dump());
  }

  static std::string refusal(const Question& question, std::uint64_t number, const std::string& id,
                             const std::string& reason) {
    const Json error = {{"id", id}, {"reason", reason.substr(0, reason.find('\n'))}};
    return head(question) +
           fmt::format("\"line\":{},\"engagements\":{},\"unknown\":{},\"error\":{}}}", number,
                       question.engagements.size(), question.unknown,
                       error.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  std::string text_of(const Question& question, const InferredEntity& entity) const {
    const std::size_t dim = mixture_.dim();
    std::string text =
        head(question) + fmt::format("\"engagements\":{},\"unknown\":{},\"vector\":{}",
                                     entity.num_engagements, question.unknown,
                                     numbers(entity.vector.data(), dim));
    if (!question.is_target) {
      std::vector<float> rows(entity.components.size() * dim);
      inference_.vectors(entity, representation_,
                         MatrixView(rows.data(), entity.components.size(), dim));
      const std::uint32_t type = mixture_.info().target_type;
      const std::string prefix = version_.schema().entities[type].name + ":";
      text += ",\"components\":[";
      for (std::size_t c = 0; c < entity.components.size(); ++c) {
        const Component& each = entity.components[c];
        const Json medoid = prefix + std::string(names_[type].name(mixture_.medoid(each.cluster)));
        text += fmt::format("{}{{\"cluster\":{},\"weight\":{:.9g},\"medoid\":{},\"vector\":{}}}",
                            c > 0 ? "," : "", each.cluster, each.weight, medoid.dump(),
                            numbers(rows.data() + c * dim, dim));
      }
      text += "]";
    }
    return text + "}";
  }

  const ModelVersion& version_;
  const Mixture& mixture_;
  Representation representation_;
  MixtureInference inference_;
  std::vector<Vocabulary> names_;
};

}  // namespace

InferCounts infer_lines(const ModelVersion& version, const Mixture& mixture,
                        const InferOptions& options, Representation representation,
                        std::size_t threads, std::istream& in, std::ostream& out,
                        const Observer& observer, const StopFlag& stop) {
  constexpr std::size_t kLinesAtATime = 512;
  const Lines lines(version, mixture, options, representation);
  InferCounts counts;
  std::uint64_t number = 0;
  bool more = true;
  while (more && !stop.requested()) {
    std::vector<std::pair<std::uint64_t, std::string>> questions;
    std::string line;
    while (questions.size() < kLinesAtATime && (more = bool(std::getline(in, line)))) {
      ++number;
      if (line.find_first_not_of(" \t\r") != std::string::npos) questions.push_back({number, line});
    }
    std::vector<Answer> answers(questions.size());
    parallel_for(questions.size(), threads, [&](std::size_t i) {
      answers[i] = lines.answer(questions[i].second, questions[i].first);
    });
    for (const Answer& each : answers) {
      out << each.text << '\n';
      ++counts.lines;
      (each.inferred ? counts.inferred : counts.refused) += 1;
      counts.engagements += each.engagements;
      counts.unknown += each.unknown;
    }
    out.flush();
    observer.report({"inferring", counts.lines, 0, "lists", {}});
  }
  if (stop.requested()) {
    throw ErrorBuilder(ErrorKind::cancelled, "mixture.cancelled")
        .what(fmt::format("interrupted after {} lists", counts.lines))
        .build();
  }
  return counts;
}

}  // namespace twhin::cli
