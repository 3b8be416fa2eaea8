// twhin/train/warm_start_options.h -- what a run does with the version that it begins with.
//
// docs/versions.md says what each choice does and why the defaults are what they are.
#pragma once

#include <optional>

#include "twhin/config/field.h"

namespace twhin {

/// What becomes of the optimizer's state of rows and relations that are carried over.
enum class StateCarry { kept, decayed, reset };

template <>
struct EnumNames<StateCarry> {
  static constexpr EnumName<StateCarry> values[] = {
      {"kept", StateCarry::kept, "As it was: steps go on as small as they had become."},
      {"decayed", StateCarry::decayed, "Times `state_factor`."},
      {"reset", StateCarry::reset, "0, as at the beginning of a run."},
  };
};

/// What rows of entities begin with that the version before had not.
enum class NewEntities { random, mean, translated };

template <>
struct EnumNames<NewEntities> {
  static constexpr EnumName<NewEntities> values[] = {
      {"random", NewEntities::random, "Random numbers, as in a run that begins anew."},
      {"mean", NewEntities::mean, "The mean of their neighbours' rows."},
      {"translated", NewEntities::translated,
       "The mean of what the relations make of their neighbours' rows (Eq. 5)."},
  };
};

/// Section `train.warm_start`; without effect unless a run begins with a version.
struct WarmStartOptions {
  StateCarry state = StateCarry::kept;
  float state_factor = 0.1f;
  NewEntities new_entities = NewEntities::mean;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("state", &WarmStartOptions::state,
      "What becomes of the optimizer's state of what is carried over.");
    f("state_factor", &WarmStartOptions::state_factor, "Factor on the state, for `decayed`.",
      between(0, 1));
    f("new_entities", &WarmStartOptions::new_entities,
      "What the rows of new entities begin with. Entities that no path of edges joins to an old "
      "one "
      "begin at random.");
  }

  /// What the carried state is multiplied by; 0: it is not read.
  float factor() const {
    return state == StateCarry::kept ? 1.0f : (state == StateCarry::decayed ? state_factor : 0.0f);
  }
};

/// Section `train.refresh`: epochs of the edges that the graph's base had not, and some others.
struct RefreshOptions {
  std::optional<float> replay;
  float replayed_weight = 1.0f;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("replay", &RefreshOptions::replay,
      "An epoch trains the edges that are new since the graph's base, and this share of the "
      "others, "
      "drawn anew for each epoch. Needs --warm-start and a graph imported with --base. Null: all "
      "edges.",
      between(0, 1));
    f("replayed_weight", &RefreshOptions::replayed_weight,
      "Factor on the loss of the edges that are trained again. 1: what is new leads; 1 / replay: "
      "those that are drawn stand for all of theirs, and little is forgotten.",
      greater_than(0));
  }
};

}  // namespace twhin
