#include "cli/infer_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/engagement_lines.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin::cli {
namespace {

using Json = nlohmann::ordered_json;

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

class Lines {
 public:
  Lines(const ModelVersion& version, const Mixture& mixture, const InferOptions& options,
        Representation representation)
      : version_(version),
        mixture_(mixture),
        representation_(representation),
        inference_(version, mixture, options),
        reader_(version, mixture.info().options.target_side) {}

  Answer answer(const std::string& line, std::uint64_t number) const {
    EngagementLine question;
    Answer out;
    try {
      question = reader_.parse(line);
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
  static std::string head(const EngagementLine& question) {
    return fmt::format("{{\"id\":{},", question.id.dump());
  }

  static std::string refusal(const EngagementLine& question, std::uint64_t number,
                             const std::string& id, const std::string& reason) {
    const Json error = {{"id", id}, {"reason", reason.substr(0, reason.find('\n'))}};
    return head(question) +
           fmt::format("\"line\":{},\"engagements\":{},\"unknown\":{},\"error\":{}}}", number,
                       question.engagements.size(), question.unknown,
                       error.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  std::string text_of(const EngagementLine& question, const InferredEntity& entity) const {
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
        const Json medoid =
            prefix + std::string(reader_.names(type).name(mixture_.medoid(each.cluster)));
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
  EngagementReader reader_;
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
