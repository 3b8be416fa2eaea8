#include "kernel/rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>

#include "kernel/reference.h"
#include "kernel/test_matrix.h"
#include "kernel/test_targets.h"
#include "twhin/base/error.h"

namespace twhin::kernel {
namespace {

constexpr double kEps = 0x1p-24;
constexpr std::size_t kDims[] = {1, 3, 4, 5, 8, 15, 16, 17, 31, 33, 64, 100, 128, 1024};

// What a 16-bit pattern stands for, from the definition of the format.
double value_of(std::uint16_t bits, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
  const int mantissa = bits & ((1 << mantissa_bits) - 1);
  const double sign = (bits >> 15) != 0 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) {
    return mantissa == 0 ? sign * HUGE_VAL : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - mantissa_bits);
  return sign * std::ldexp((1 << mantissa_bits) + mantissa, exponent - bias - mantissa_bits);
}
double value_of(std::uint16_t bits, RowType type) {
  return type == RowType::bf16 ? value_of(bits, 8, 7) : value_of(bits, 5, 10);
}

// A table in f32 with a guard behind its last row.
struct Table {
  std::size_t num_rows, dim;
  std::vector<float> floats;

  Table(std::size_t rows, std::size_t columns, std::uint32_t seed)
      : num_rows(rows), dim(columns), floats(random_floats(rows * columns, seed)) {
    floats.push_back(TestMatrix::kUntouched);
  }
  SharedRows rows() { return {floats.data(), RowType::f32, num_rows, dim}; }
};

TEST(SharedRowsF32, GatherAndStoreMoveTheRowsOfTheirIds) {
  on_each_target([] {
    for (const std::size_t dim : kDims) {
      Table table(20, dim, 1);
      const std::vector<std::uint32_t> ids{3, 0, 19, 3, 7, 8, 9, 10, 11, 12, 13};
      TestMatrix out(ids.size(), dim, 3);
      gather(table.rows(), ids, out.view());
      for (std::size_t i = 0; i < ids.size(); ++i) {
        for (std::size_t d = 0; d < dim; ++d) {
          ASSERT_EQ(out(i, d), table.floats[ids[i] * dim + d]);
        }
      }
      EXPECT_TRUE(out.untouched_gaps());

      Table stored(20, dim, 2);
      const Table before = stored;
      store(stored.rows(), ids, out.view());
      for (std::size_t i = 0; i < stored.floats.size(); ++i) {
        const bool moved = i < 20 * dim && std::count(ids.begin(), ids.end(), i / dim) > 0;
        ASSERT_EQ(stored.floats[i], moved ? table.floats[i] : before.floats[i]) << i;
      }
    }
  });
}

TEST(SharedRowsF32, OptimizersMatchTheirTwins) {
  for (const std::size_t dim : kDims) {
    const std::vector<std::uint32_t> ids{3, 0, 19, 7, 8, 9, 10, 11, 12, 13, 14};
    const std::vector<std::uint32_t> at{10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
    const TestMatrix g = TestMatrix::random(ids.size(), dim, 3, 2);
    for (const bool permuted : {false, true}) {
      const RowGradients gradients{
          ids, permuted ? std::span<const std::uint32_t>(at) : std::span<const std::uint32_t>(),
          g.view()};
      Table exact_row(20, dim, 4), exact_full(20, dim, 4), exact_sgd(20, dim, 4);
      TestMatrix exact_states(20, 1), exact_matrix(20, dim);
      for (std::size_t i = 0; i < 20; ++i) {
        exact_states(i, 0) = 0.5f * float(i % 3);
        for (std::size_t d = 0; d < dim; ++d) exact_matrix(i, d) = 0.25f * float(d % 3);
      }
      const TestMatrix states = exact_states, matrix = exact_matrix;
      reference::update_row_adagrad(exact_row.rows(), &exact_states(0, 0), gradients, 0.1f, 1e-10f);
      reference::update_adagrad(exact_full.rows(), exact_matrix.view(), gradients, 0.1f, 1e-10f);
      reference::update_sgd(exact_sgd.rows(), gradients, 0.1f);

      on_each_target([&] {
        Table row(20, dim, 4), full(20, dim, 4), sgd(20, dim, 4);
        TestMatrix found_states = states, found_matrix = matrix;
        update_row_adagrad(row.rows(), &found_states(0, 0), gradients, 0.1f, 1e-10f, {});
        update_adagrad(full.rows(), found_matrix.view(), gradients, 0.1f, 1e-10f, {});
        update_sgd(sgd.rows(), gradients, 0.1f, {});
        for (std::size_t i = 0; i < 20 * dim; ++i) {
          // A row moves by at most lr sqrt(dim) (the first step of one element alone).
          const double step = 0.1 * std::sqrt(double(dim));
          ASSERT_NEAR(row.floats[i], exact_row.floats[i], (double(dim) + 8) * kEps * (1 + step));
          ASSERT_NEAR(full.floats[i], exact_full.floats[i], 8 * kEps);
          ASSERT_NEAR(sgd.floats[i], exact_sgd.floats[i], 4 * kEps);
          ASSERT_NEAR(found_matrix(i / dim, i % dim), exact_matrix(i / dim, i % dim), 8 * kEps);
        }
        for (std::size_t i = 0; i < 20; ++i) {
          ASSERT_NEAR(found_states(i, 0), exact_states(i, 0), (double(dim) + 4) * kEps * 2);
        }
        for (const Table* table : {&row, &full, &sgd}) {
          EXPECT_EQ(table->floats.back(), TestMatrix::kUntouched);
        }
        EXPECT_TRUE(found_states.untouched_gaps());
        EXPECT_TRUE(found_matrix.untouched_gaps());
      });
    }
  }
}

TEST(SharedRowsF32, OneStepOfRowAdagradByHand) {
  std::vector<float> table{1.0f, 2.0f, 10.0f, 20.0f};
  std::vector<float> state{0.0f, 7.0f};
  const std::vector<float> g{3.0f, 1.0f};
  const std::vector<std::uint32_t> ids{1};
  update_row_adagrad({table.data(), RowType::f32, 2, 2}, state.data(), {ids, {}, {g.data(), 1, 2}},
                     0.5f, 0.0f, {});
  // mean(9, 1) = 5; 7 + 5 = 12; 10 - 0.5 * 3 / sqrt(12), 20 - 0.5 * 1 / sqrt(12)
  EXPECT_EQ(state, (std::vector<float>{0.0f, 12.0f}));
  EXPECT_FLOAT_EQ(table[2], 10.0f - 1.5f / std::sqrt(12.0f));
  EXPECT_FLOAT_EQ(table[3], 20.0f - 0.5f / std::sqrt(12.0f));
  EXPECT_EQ(table[0], 1.0f);
}

TEST(SharedRowsF32, ZeroGradientOfAnUntrainedRowChangesNothing) {
  on_each_target([] {
    std::vector<float> table(40, 1.5f), state(2, 0.0f);
    const std::vector<float> g(20, 0.0f);
    const std::vector<std::uint32_t> ids{1};
    update_row_adagrad({table.data(), RowType::f32, 2, 20}, state.data(),
                       {ids, {}, {g.data(), 1, 20}}, 0.1f, 1e-10f, {});
    EXPECT_EQ(table, std::vector<float>(40, 1.5f));
    EXPECT_EQ(state[1], 0.0f);
  });
}

class SixteenBitRows : public ::testing::TestWithParam<RowType> {};

TEST_P(SixteenBitRows, EveryPatternComesOutAsItsValueAndGoesBackAsItself) {
  const RowType type = GetParam();
  const std::size_t dim = 256;
  std::vector<std::uint16_t> table(65536), back(65536);
  std::iota(table.begin(), table.end(), std::uint16_t{0});
  std::vector<std::uint32_t> ids(65536 / dim);
  std::iota(ids.begin(), ids.end(), 0u);
  on_each_target([&] {
    TestMatrix out(ids.size(), dim);
    gather({table.data(), type, ids.size(), dim}, ids, out.view());
    store({back.data(), type, ids.size(), dim}, ids, out.view());
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
      const double exact = value_of(static_cast<std::uint16_t>(bits), type);
      const float found = out(bits / dim, bits % dim);
      if (std::isnan(exact)) {
        ASSERT_TRUE(std::isnan(found)) << bits;
        ASSERT_TRUE(std::isnan(value_of(back[bits], type))) << bits;
      } else {
        ASSERT_EQ(found, exact) << bits;
        ASSERT_EQ(back[bits], bits);
      }
    }
  });
}

// Between two neighbours a number goes to the nearer, and from the middle to the even one.
TEST_P(SixteenBitRows, StoreRoundsToNearest) {
  const RowType type = GetParam();
  on_each_target([type] {
    for (std::uint32_t bits = 0; bits < 0x7bff; bits += 13) {
      const auto low = static_cast<std::uint16_t>(bits),
                 high = static_cast<std::uint16_t>(bits + 1);
      const double a = value_of(low, type), b = value_of(high, type);
      for (const double part : {0.0, 0.25, 0.5, 0.75, 1.0}) {
        const auto x = static_cast<float>(a + part * (b - a));
        if (double{x} != a + part * (b - a)) continue;  // no f32 between them
        for (const float sign : {1.0f, -1.0f}) {
          const std::vector<float> values(5, sign * x);
          std::vector<std::uint16_t> row(6, 0x1234);
          const std::vector<std::uint32_t> ids{0};
          store({row.data(), type, 1, 5}, ids, {values.data(), 1, 5});
          const std::uint16_t nearest = part < 0.5 || (part == 0.5 && bits % 2 == 0) ? low : high;
          ASSERT_EQ(row[4], nearest | (sign < 0 ? 0x8000 : 0)) << x;
          ASSERT_EQ(row[5], 0x1234);
        }
      }
    }
  });
}

// A step of a part f of the distance to the next number is taken whole with probability f.
TEST_P(SixteenBitRows, UpdatesRoundUpWithTheProbabilityThatKeepsTheMean) {
  const RowType type = GetParam();
  on_each_target([type] {
    // fp16: a normal number, a small one below 2^-14, and 0; bf16: the same patterns.
    for (const std::uint16_t bits : {0x3c05, 0x0123, 0x0000}) {
      const double a = value_of(bits, type),
                   b = value_of(static_cast<std::uint16_t>(bits + 1), type);
      for (const double part : {0.1, 0.5, 0.8}) {
        const auto g = static_cast<float>(-part * (b - a));
        if (g == 0.0f || !std::isnormal(g)) continue;
        const std::size_t dim = 100, calls = 200;
        const std::vector<float> gradient(dim, g);
        const std::vector<std::uint32_t> ids{0};
        std::size_t ups = 0;
        for (std::uint64_t call = 0; call < calls; ++call) {
          std::vector<std::uint16_t> row(dim, bits);
          update_sgd({row.data(), type, 1, dim}, {ids, {}, {gradient.data(), 1, dim}}, 1.0f,
                     {42, call});
          for (const std::uint16_t x : row) {
            ASSERT_TRUE(x == bits || x == bits + 1) << x;
            ups += x == bits + 1 ? 1 : 0;
          }
        }
        const double n = double(dim * calls);
        EXPECT_NEAR(double(ups) / n, part, 5 * std::sqrt(part * (1 - part) / n)) << bits;
      }
    }
  });
}

TEST_P(SixteenBitRows, UpdatesRepeatForTheSameBitsOnly) {
  const RowType type = GetParam();
  const std::size_t dim = 64;
  const std::vector<float> gradient = random_floats(dim, 1);
  const std::vector<std::uint32_t> ids{0};
  const auto updated = [&](RoundingBits bits) {
    std::vector<std::uint16_t> row(dim, 0x3c00);
    std::vector<float> state(1, 0.0f);
    update_row_adagrad({row.data(), type, 1, dim}, state.data(),
                       {ids, {}, {gradient.data(), 1, dim}}, 1e-3f, 1e-10f, bits);
    return row;
  };
  EXPECT_EQ(updated({1, 2}), updated({1, 2}));
  EXPECT_NE(updated({1, 2}), updated({1, 3}));
  EXPECT_NE(updated({1, 2}), updated({2, 2}));
}

TEST_P(SixteenBitRows, RowsOfOneCallAreRoundedIndependently) {
  const RowType type = GetParam();
  const std::size_t dim = 64;
  std::vector<std::uint16_t> table(2 * dim, 0x3c00);
  const std::vector<float> gradient(2 * dim, 1e-3f);
  const std::vector<std::uint32_t> ids{0, 1};
  update_sgd({table.data(), type, 2, dim}, {ids, {}, {gradient.data(), 2, dim}}, 1.0f, {7, 7});
  EXPECT_FALSE(std::equal(table.begin(), table.begin() + dim, table.begin() + dim));
}

// Deterministic training divides the rows of a call among its threads.
TEST_P(SixteenBitRows, RoundingDoesNotDependOnTheOtherRowsOfACall) {
  const RowType type = GetParam();
  const std::size_t dim = 64;
  const std::vector<float> gradient(3 * dim, 1e-3f);
  std::vector<std::uint16_t> together(3 * dim, 0x3c00), divided = together;
  const std::vector<std::uint32_t> ids{0, 1, 2}, first{1}, second{2, 0};
  update_sgd({together.data(), type, 3, dim}, {ids, {}, {gradient.data(), 3, dim}}, 1.0f, {7, 7});
  const SharedRows rows{divided.data(), type, 3, dim};
  update_sgd(rows, {first, {}, {gradient.data(), 1, dim}}, 1.0f, {7, 7});
  update_sgd(rows, {second, {}, {gradient.data(), 2, dim}}, 1.0f, {7, 7});
  EXPECT_EQ(divided, together);
}

INSTANTIATE_TEST_SUITE_P(Types, SixteenBitRows, ::testing::Values(RowType::bf16, RowType::fp16),
                         [](const auto& type) {
                           return type.param == RowType::bf16 ? "bf16" : "fp16";
                         });

TEST(SharedRows, RefuseIdsThatTheTableDoesNotHave) {
  Table table(5, 4, 1);
  const Table before = table;
  TestMatrix values(2, 4);
  std::vector<float> state(5);
  const std::vector<std::uint32_t> ids{1, 5};
  const auto expect_refused = [&](auto call) {
    try {
      call();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "kernel.row_id");
    }
  };
  expect_refused([&] { gather(table.rows(), ids, values.view()); });
  expect_refused([&] { store(table.rows(), ids, values.view()); });
  expect_refused([&] {
    update_row_adagrad(table.rows(), state.data(), {ids, {}, values.view()}, 1.0f, 0.0f, {});
  });
  expect_refused([&] { update_sgd(table.rows(), {ids, {}, values.view()}, 1.0f, {}); });
  EXPECT_EQ(table.floats, before.floats);
}

TEST(SharedRows, RefuseGradientsThatDoNotFit) {
  Table table(5, 4, 1);
  TestMatrix three(3, 4), narrow(2, 3);
  const std::vector<std::uint32_t> ids{1, 2}, beyond{0, 3};
  EXPECT_THROW(update_sgd(table.rows(), {ids, {}, three.view()}, 1.0f, {}), Error);
  EXPECT_THROW(update_sgd(table.rows(), {ids, {}, narrow.view()}, 1.0f, {}), Error);
  EXPECT_THROW(update_sgd(table.rows(), {ids, beyond, three.view()}, 1.0f, {}), Error);
}

// Run under ThreadSanitizer this is the proof that no access is a plain one.
TEST(SharedRows, ManyThreadsUpdateTheSameRows) {
  for (const RowType type : {RowType::f32, RowType::bf16, RowType::fp16}) {
    const std::size_t dim = 20, num_rows = 8;
    std::vector<float> table(num_rows * dim), state(num_rows), matrix(num_rows * dim);
    const SharedRows rows{table.data(), type, num_rows, dim};
    const auto work = [&](std::uint32_t seed) {
      const TestMatrix g = TestMatrix::random(num_rows, dim, seed);
      TestMatrix out(num_rows, dim);
      std::vector<std::uint32_t> ids(num_rows);
      std::iota(ids.begin(), ids.end(), 0u);
      for (std::uint64_t step = 0; step < 100; ++step) {
        gather(rows, ids, out.view());
        update_row_adagrad(rows, state.data(), {ids, {}, g.view()}, 0.1f, 1e-10f, {seed, step});
        update_adagrad(rows, {matrix.data(), num_rows, dim}, {ids, {}, g.view()}, 0.1f, 1e-10f,
                       {seed, step});
        update_sgd(rows, {ids, {}, g.view()}, 0.01f, {seed, step});
        prefetch(rows, ids);
        prefetch_state(state.data(), ids);
      }
    };
    std::thread other(work, 1);
    work(2);
    other.join();
    TestMatrix out(num_rows, dim);
    std::vector<std::uint32_t> ids(num_rows);
    std::iota(ids.begin(), ids.end(), 0u);
    gather(rows, ids, out.view());
    for (std::size_t i = 0; i < num_rows; ++i) {
      EXPECT_GT(state[i], 0.0f);
      for (std::size_t d = 0; d < dim; ++d) ASSERT_TRUE(std::isfinite(out(i, d)));
    }
  }
}

}  // namespace
}  // namespace twhin::kernel
