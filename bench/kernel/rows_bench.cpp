// Rows at random places of a table that is much larger than the caches: 10^6 x 128.
#include <string>
#include <vector>

#include "kernel/coalesce.h"
#include "kernel/rows.h"
#include "measure.h"
#include "twhin/base/huge_buffer.h"
#include "twhin/base/rng.h"

namespace twhin::bench {

void bench_rows(Report& report) {
  constexpr std::size_t kRows = 1000000, kDim = 128, kGroup = 200, kGroups = 2000;
  if (!report.wants("kernel.rows")) return;
  std::vector<std::uint32_t> ids(kGroup * kGroups);
  Rng rng(1);
  for (auto& id : ids) id = static_cast<std::uint32_t>(rng.below(kRows));
  HugeFloats state(kRows), group(kGroup * kDim);
  std::fill_n(state.data(), kRows, 1.0f);
  const MatrixView rows(group.data(), kGroup, kDim);
  kernel::Coalescer coalescer(kGroup);

  for (const kernel::RowType type :
       {kernel::RowType::f32, kernel::RowType::bf16, kernel::RowType::fp16}) {
    const std::string type_name = type == kernel::RowType::f32    ? "f32"
                                  : type == kernel::RowType::bf16 ? "bf16"
                                                                  : "fp16";
    HugeBuffer table(kRows * kDim * kernel::bytes_per_element(type));
    std::fill_n(table.data(), table.size_bytes(), std::byte{0x11});  // small numbers of each type
    const kernel::SharedRows shared{table.data(), type, kRows, kDim};
    std::size_t at = 0;
    const auto next = [&] {
      at = (at + 1) % kGroups;
      return std::span<const std::uint32_t>(ids).subspan(at * kGroup, kGroup);
    };
    const auto print = [&](const std::string& what, const Timing& t) {
      report.print("kernel.rows." + type_name + "." + what, t.median / double(kGroup) * 1e9,
                   "ns/row", 0,
                   {{"best", t.best / double(kGroup) * 1e9},
                    {"config", {{"rows", kRows}, {"dim", kDim}, {"rows_per_call", kGroup}}}});
    };
    print("gather", time_of([&] { kernel::gather(shared, next(), rows); }));
    print("update_row_adagrad", time_of([&] {
            kernel::update_row_adagrad(shared, state.data(), {next(), {}, rows}, 0.01f, 1e-10f, {});
          }));
    // As in training: rows that were gathered a moment ago are still in the cache.
    print("gather+update_row_adagrad", time_of([&] {
            const auto group_ids = next();
            kernel::gather(shared, group_ids, rows);
            kernel::update_row_adagrad(shared, state.data(), {group_ids, {}, rows}, 0.01f, 1e-10f,
                                       {});
          }));
    if (type == kernel::RowType::f32) {
      print("coalesce", time_of([&] { coalescer.coalesce(next(), rows); }));
    }
  }
}

}  // namespace twhin::bench
