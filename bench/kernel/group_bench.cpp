// The inner loop of training alone: scores, loss, gradients of a group whose rows are in the cache.
#include <array>

#include "group.h"
#include "measure.h"

namespace twhin::bench {

void bench_groups(Report& report) {
  using Config = std::array<std::size_t, 3>;
  for (const Config& config : {Config{50, 50, 128}, Config{50, 50, 256}, Config{50, 50, 64},
                               Config{50, 50, 32}, Config{10, 10, 128}, Config{100, 100, 128},
                               Config{500, 500, 128}, Config{1000, 1000, 128}}) {
    const std::size_t batch = config[0], uniform = config[1], dim = config[2];
    const std::string name = group_name(batch, uniform, dim);
    if (!report.wants("kernel.group." + name)) continue;
    GroupBuffers group(batch, uniform, dim);
    for (std::size_t i = 0; i < group.rows.size(); ++i) {
      group.rows[i] = 0.01f * static_cast<float>(i % 31) - 0.15f;
    }
    kernel::Scratch scratch;
    const double edges = double(batch);
    const MatrixView scores = group.score_matrix();
    double loss = 0;
    const auto score = [&] {
      kernel::group_scores(group.shape, group.sources(group.rows), group.targets(group.rows),
                           scores, scratch);
    };
    const auto gradients = [&] {
      kernel::group_gradients(group.shape, scores, group.sources(group.rows),
                              group.targets(group.rows), group.sources(group.gradients),
                              group.targets(group.gradients));
    };
    const auto logistic = [&] {
      loss += kernel::logistic_coefficients(group.shape, {}, {}, scores);
    };
    const auto softmax = [&] {
      loss += kernel::softmax_coefficients(group.shape, {}, 1.0f, {}, scores, scratch);
    };
    const auto ranking = [&] {
      loss += kernel::ranking_coefficients(group.shape, {}, 1.0f, {}, scores);
    };
    const auto print = [&](const std::string& part, const Timing& t, double counted, double done) {
      report.print(
          "kernel.group." + name + "." + part, t.median / edges * 1e9, "ns/edge",
          counted == 0 ? 0 : counted * edges / t.median / 1e9 / report.ceiling_gflop_per_s(),
          {{"best", t.best / edges * 1e9}, {"flops_counted", counted}, {"flops_done", done}});
    };
    const double counted = flops_counted(batch, uniform, dim),
                 done = flops_done(batch, uniform, dim);
    print("scores", time_of(score), counted / 3, done / 3);
    print("gradients", time_of(gradients), counted * 2 / 3, done * 2 / 3);
    print("logistic_coefficients", time_of(logistic), 0, 0);
    print("softmax_coefficients", time_of(softmax), 0, 0);
    print("ranking_coefficients", time_of(ranking), 0, 0);
    print("logistic", time_of([&] { score(), logistic(), gradients(); }), counted, done);
    print("softmax", time_of([&] { score(), softmax(), gradients(); }), counted, done);
    print("ranking", time_of([&] { score(), ranking(), gradients(); }), counted, done);
  }
}

}  // namespace twhin::bench
