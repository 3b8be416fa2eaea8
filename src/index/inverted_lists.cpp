#include "index/inverted_lists.h"

#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/VectorTransform.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/FaissException.h>
#include <faiss/impl/io.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <optional>

#include "index/check_stop.h"
#include "index/product_assigner.h"
#include "twhin/base/error.h"
#include "twhin/base/rng.h"
#include "twhin/storage/container.h"

extern "C" void omp_set_num_threads(int num_threads);
extern "C" void openblas_set_num_threads(int num_threads);

namespace twhin {
namespace {

using Id = faiss::Index::idx_t;

/// FAISS asks it between iterations of its clusterings.
class AskStop final : public faiss::InterruptCallback {
 public:
  explicit AskStop(const StopFlag& stop) : stop_(stop) {}
  bool want_interrupt() override { return stop_.requested(); }

 private:
  const StopFlag& stop_;
};

/// FAISS has one callback for the process, so that builds come one after another.
std::mutex one_build;

int padded(std::size_t numbers, std::uint32_t code_bytes) {
  return static_cast<int>((numbers + code_bytes - 1) / code_bytes * code_bytes);
}

/// Items [first, first + count) with their last number, padded: [count, width].
std::vector<float> padded_items(const ItemSpace& space, FlatId first, std::size_t count,
                                std::size_t width) {
  std::vector<float> out(count * width, 0.0f);
  space.read(first, MatrixView(out.data(), count, space.dim(), width));
  for (std::size_t i = 0; i < count && space.augmented(); ++i) {
    float* item = out.data() + i * width;
    item[space.dim()] = space.last_number(item);
  }
  return out;
}

}  // namespace

struct InvertedLists::State {
  std::unique_ptr<faiss::Index> whole;
  faiss::IndexIVFPQ* lists = nullptr;
  const faiss::VectorTransform* rotation = nullptr;
  std::size_t dim = 0;

  State(std::unique_ptr<faiss::Index> index, std::size_t num_numbers)
      : whole(std::move(index)), dim(num_numbers) {
    faiss::Index* inner = whole.get();
    if (auto* chain = dynamic_cast<faiss::IndexPreTransform*>(inner)) {
      if (chain->chain.size() != 1) return;
      rotation = chain->chain[0];
      inner = chain->index;
    }
    lists = dynamic_cast<faiss::IndexIVFPQ*>(inner);
  }

  std::size_t width() const { return static_cast<std::size_t>(whole->d); }

  std::vector<float> rotated(std::vector<float> rows, std::size_t count) const {
    if (rotation == nullptr) return rows;
    std::vector<float> out(count * static_cast<std::size_t>(rotation->d_out));
    rotation->apply_noalloc(static_cast<Id>(count), rows.data(), out.data());
    return out;
  }
};

InvertedLists::InvertedLists(std::unique_ptr<State> state) : state_(std::move(state)) {}
InvertedLists::~InvertedLists() = default;

namespace {

std::vector<float> training_items(const ItemSpace& space, std::size_t width,
                                  const ListOptions& options) {
  // Codes are trained on as many, whatever the number of lists.
  constexpr std::uint64_t kLeast = std::uint64_t{256} * 64;
  const std::uint64_t wanted =
      std::max(std::uint64_t{options.lists} * options.rows_per_list, kLeast);
  const std::size_t count = std::min<std::uint64_t>(space.size(), wanted);
  const Permutation order(space.size(), Rng(options.seed, RngPurpose::sample, 0x697666));
  std::vector<FlatId> rows(count);
  for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<FlatId>(order(i));
  std::sort(rows.begin(), rows.end());
  std::vector<float> out;
  for (const FlatId row : rows) {
    const std::vector<float> item = padded_items(space, row, 1, width);
    out.insert(out.end(), item.begin(), item.end());
  }
  return out;
}

}  // namespace

std::unique_ptr<InvertedLists> InvertedLists::build(
    const ItemSpace& space, const ListOptions& options,
    const std::function<void(const char*, std::uint64_t, std::uint64_t)>& progress,
    const StopFlag& stop) {
  const int width = padded(space.dim() + (space.augmented() ? 1 : 0), options.code_bytes);
  const std::string rotation =
      options.rotated ? fmt::format("OPQ{}_{},", options.code_bytes, width) : "";
  const auto work = [&]() -> std::unique_ptr<InvertedLists> {
    omp_set_num_threads(static_cast<int>(options.threads));  // of this thread only
    openblas_set_num_threads(1);  // nobody but FAISS uses it, and that has threads around it
    auto state = std::make_unique<State>(
        std::unique_ptr<faiss::Index>(faiss::index_factory(
            width, fmt::format("{}IVF{},PQ{}", rotation, options.lists, options.code_bytes).c_str(),
            faiss::METRIC_L2)),
        space.dim());
    faiss::IndexIVFPQ& lists = *state->lists;
    ProductAssigner assigner(lists.d, options.threads, stop);
    ProductAssigner code_assigner(lists.d / static_cast<int>(options.code_bytes), options.threads,
                                  stop);
    lists.clustering_index = &assigner;
    lists.do_polysemous_training = false;  // for a filter that is not used; takes minutes
    lists.cp.seed = static_cast<int>(mix64(options.seed) & 0x7fffffff);
    lists.cp.min_points_per_centroid = 1;
    lists.cp.max_points_per_centroid = static_cast<int>(options.rows_per_list);
    lists.pq.cp.seed = lists.cp.seed;
    lists.pq.cp.min_points_per_centroid = 1;
    lists.pq.assign_index = &code_assigner;
    faiss::ProductQuantizer codes(static_cast<std::size_t>(lists.d), options.code_bytes, 8);
    codes.cp.min_points_per_centroid = 1;
    codes.assign_index = &code_assigner;
    faiss::OPQMatrix* opq = nullptr;
    if (auto* chain = dynamic_cast<faiss::IndexPreTransform*>(state->whole.get())) {
      opq = dynamic_cast<faiss::OPQMatrix*>(chain->chain[0]);
      opq->pq = &codes;
      opq->niter = 16;  // FAISS takes 50, which would be most of a build
      opq->max_train_points = std::size_t{256} * 128;
    }
    progress(options.rotated ? "training rotation, lists and codes" : "training lists and codes", 0,
             0);
    {
      const std::vector<float> rows =
          training_items(space, static_cast<std::size_t>(width), options);
      state->whole->train(static_cast<Id>(rows.size()) / width, rows.data());
    }
    lists.clustering_index = nullptr;
    if (opq != nullptr) opq->pq = nullptr;

    assigner.reset();
    std::vector<float> centroids(lists.nlist * static_cast<std::size_t>(lists.d));
    lists.quantizer->reconstruct_n(0, static_cast<Id>(lists.nlist), centroids.data());
    assigner.add(static_cast<Id>(lists.nlist), centroids.data());
    constexpr std::size_t kAtOnce = 16384;
    for (std::size_t first = 0; first < space.size(); first += kAtOnce) {
      check_index_stop(stop);
      progress("adding rows", first, space.size());
      const std::size_t count = std::min<std::size_t>(kAtOnce, space.size() - first);
      const std::vector<float> items = state->rotated(
          padded_items(space, static_cast<FlatId>(first), count, static_cast<std::size_t>(width)),
          count);
      std::vector<float> distances(count);
      std::vector<Id> list_of(count), ids(count);
      for (std::size_t i = 0; i < count; ++i) ids[i] = static_cast<Id>(first + i);
      assigner.search(static_cast<Id>(count), items.data(), 1, distances.data(), list_of.data());
      lists.add_core(static_cast<Id>(count), items.data(), ids.data(), list_of.data());
    }
    lists.pq.assign_index = nullptr;
    state->whole->ntotal = lists.ntotal;
    return std::unique_ptr<InvertedLists>(new InvertedLists(std::move(state)));
  };

  const std::lock_guard lock(one_build);
  faiss::InterruptCallback::instance = std::make_unique<AskStop>(stop);
  std::unique_ptr<InvertedLists> out;
  try {
    out = std::async(std::launch::async, work).get();
  } catch (const faiss::FaissException& error) {
    faiss::InterruptCallback::instance.reset();
    check_index_stop(stop);
    throw ErrorBuilder(ErrorKind::internal, "index.faiss")
        .what("FAISS cannot build the lists")
        .found(error.what())
        .build();
  } catch (...) {
    faiss::InterruptCallback::instance.reset();
    throw;
  }
  faiss::InterruptCallback::instance.reset();
  return out;
}

void InvertedLists::write(const std::filesystem::path& directory,
                          const ItemSpaceParams& space) const {
  faiss::VectorIOWriter bytes;
  faiss::write_index(state_->whole.get(), &bytes);
  ContainerWriter file(directory / kFileName, "ivf");
  file.add<float>("mean", space.mean);
  file.add<float>("radius", std::span(&space.radius, 1));
  file.add<std::uint8_t>("index", bytes.data);
  file.commit();
}

std::unique_ptr<InvertedLists> InvertedLists::read(const std::filesystem::path& directory,
                                                   std::uint32_t num_rows, std::size_t dim,
                                                   ItemSpaceParams& space) {
  const Container file = Container::open(directory / kFileName, "ivf");
  file.verify();
  const auto refuse = [&](const std::string& found) {
    return ErrorBuilder(ErrorKind::corrupt_data, "index.bad_lists")
        .what(fmt::format("{} holds no lists of this index", quote(file.path().string())))
        .found(found)
        .hint("build the index again: twhin index")
        .build();
  };
  const auto mean = file.array<float>("mean"), radius = file.array<float>("radius");
  if ((!mean.empty() && mean.size() != dim) || radius.size() != 1) throw refuse("another space");
  space.mean.assign(mean.begin(), mean.end());
  space.radius = radius[0];
  const auto bytes = file.array<std::uint8_t>("index");
  faiss::VectorIOReader reader;
  reader.data.assign(bytes.begin(), bytes.end());
  std::unique_ptr<State> state;
  try {
    state = std::make_unique<State>(std::unique_ptr<faiss::Index>(faiss::read_index(&reader)), dim);
  } catch (const faiss::FaissException& error) {
    throw refuse(error.what());
  }
  if (state->lists == nullptr || state->whole->ntotal != static_cast<Id>(num_rows) ||
      state->width() < dim) {
    throw refuse(fmt::format("{} rows of {} numbers", state->whole->ntotal, state->whole->d));
  }
  return std::unique_ptr<InvertedLists>(new InvertedLists(std::move(state)));
}

void InvertedLists::nearest(const float* query, std::size_t count, std::uint32_t effort,
                            std::vector<FlatId>& out) const {
  out.clear();
  const auto wanted = std::min<std::size_t>(count, static_cast<std::size_t>(state_->lists->ntotal));
  if (wanted == 0) return;
  std::vector<float> padded_query(state_->width(), 0.0f);
  std::copy_n(query, state_->dim, padded_query.data());
  const std::vector<float> row = state_->rotated(std::move(padded_query), 1);
  std::vector<float> distances(wanted);
  std::vector<Id> ids(wanted);
  faiss::SearchParametersIVF params;
  params.nprobe = std::clamp<std::size_t>(effort, 1, state_->lists->nlist);
  state_->lists->search(1, row.data(), static_cast<Id>(wanted), distances.data(), ids.data(),
                        &params);
  for (const Id id : ids) {
    if (id >= 0) out.push_back(static_cast<FlatId>(id));
  }
}

std::uint32_t InvertedLists::most_effort() const {
  return static_cast<std::uint32_t>(state_->lists->nlist);
}

std::uint64_t InvertedLists::memory_bytes() const {
  const faiss::IndexIVFPQ& lists = *state_->lists;
  const auto n = static_cast<std::uint64_t>(lists.ntotal);
  return n * (lists.code_size + sizeof(Id)) +
         lists.nlist * static_cast<std::uint64_t>(lists.d) * sizeof(float) +
         lists.precomputed_table.size() * sizeof(float) + lists.pq.centroids.size() * sizeof(float);
}

}  // namespace twhin
