// twhin/model/optimizers.h -- how a gradient changes a row.
//
//   optimizer     update, g the gradient, h the learning rate            state
//   row_adagrad   G += mean_d g_d^2,   x -= h g / (sqrt(G) + e)          1 float a row
//   adagrad       G += g^2,            x -= h g / (sqrt(G) + e)          1 float an element
//   sgd           x -= h g                                               none
//
// The state begins at 0; e = 1e-10. The gradients of an entity that occurs several times in a group
// are added up before, since a step is not linear in g. Parameters of a relation are one row;
// row_adagrad is for entities only and means adagrad for them.
//
// Sources: Adagrad, Duchi et al., JMLR 2011; its row-wise form as in PyTorch-BigGraph; the paper
// trains with Adagrad and does not say which.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "twhin/config/field.h"
#include "twhin/model/learning_rate.h"

namespace twhin {

enum class Optimizer { row_adagrad, adagrad, sgd };

template <>
struct EnumNames<Optimizer> {
  static constexpr EnumName<Optimizer> values[] = {
      {"row_adagrad", Optimizer::row_adagrad, "Adagrad with one step size for each row."},
      {"adagrad", Optimizer::adagrad, "Adagrad with one step size for each element."},
      {"sgd", Optimizer::sgd, "Gradient descent with the same step size for all."},
  };
};

/// Fields of the `train` section.
struct OptimizerOptions {
  Optimizer optimizer = Optimizer::row_adagrad;
  float learning_rate = 0.1f;
  std::optional<float> relation_learning_rate;
  ScheduleOptions schedule;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("optimizer", &OptimizerOptions::optimizer, "How a gradient changes a row.");
    f("learning_rate", &OptimizerOptions::learning_rate, "Size of a step.", greater_than(0));
    f("relation_learning_rate", &OptimizerOptions::relation_learning_rate,
      "The same for the parameters of relations; learning_rate if it is left out.",
      greater_than(0));
    f("schedule", &OptimizerOptions::schedule, "How learning rates change during a run.");
  }

  /// What the parameters of relations are trained with.
  Optimizer relation_optimizer() const {
    return optimizer == Optimizer::row_adagrad ? Optimizer::adagrad : optimizer;
  }
  float relation_rate() const { return relation_learning_rate.value_or(learning_rate); }
};

/// e of the head of the file.
inline constexpr float kAdagradEpsilon = 1e-10f;

/// Floats of state for one row of `size` elements.
std::size_t optimizer_state_size(Optimizer optimizer, std::size_t size);

/// One update of one row; for the parameters of relations, and the plain twin of the kernels that
/// update entities.
///
/// Shapes    row, gradient [n]; state [optimizer_state_size(optimizer, n)].
/// Errors    invalid_argument "model.shape"; then nothing has been written.
void update_row(Optimizer optimizer, float learning_rate, std::span<const float> gradient,
                std::span<float> state, std::span<float> row);

}  // namespace twhin
