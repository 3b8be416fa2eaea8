#include "twhin/graph/export.h"

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

#include "graph/partial_directory.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/base/threads.h"
#include "twhin/config/write.h"
#include "twhin/graph/table_writer.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;
using config::Node;

void refuse_what_is_there(const fs::path& out) {
  if (!fs::exists(out) || (fs::is_directory(out) && fs::is_empty(out))) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.export_exists")
      .what(fmt::format("{} is in the way: it exists and is not empty", quote(out.string())))
      .hint("name another directory, or move that one away")
      .build();
}

std::string edges_file(const Graph& graph, std::uint32_t relation, const std::string& split) {
  return fmt::format("edges/{}/{}.parquet", file_name_for(graph.schema().relations[relation].name),
                     file_name_for(split));
}

std::string entities_file(const EntityType& type) {
  return fmt::format("entities/{}.parquet", file_name_for(type.name));
}

Node text(std::string value) { return Node::scalar(std::move(value), true); }
Node plain(std::string value) { return Node::scalar(std::move(value), false); }

// The options that make the same graph of the tables.
Node config_of(const Graph& graph) {
  const Schema& schema = graph.schema();
  Node root = Node::map();
  root.add("graph", text("graph"));

  Node entities = Node::map();
  for (const EntityType& type : schema.entities) {
    Node entity = Node::map();
    entity.add("partitions", plain(fmt::format("{}", type.num_partitions())));
    entity.add("names", text(entities_file(type)));
    entities.add(type.name, std::move(entity));
  }
  root.add("entities", std::move(entities));

  Node relations = Node::map(), sources = Node::list();
  for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
    const std::string& name = schema.relations[r].name;
    Node relation = Node::map();
    relation.add("lhs", text(schema.lhs_type(r).name));
    relation.add("rhs", text(schema.rhs_type(r).name));
    relation.add("duplicates", text("keep"));
    relations.add(name, std::move(relation));
    for (const std::string& split : graph.splits()) {
      if (graph.num_edges(r, split) == 0) continue;
      Node source = Node::map();
      source.add("path", text(edges_file(graph, r, split)));
      source.add("relation", text(name));
      for (const char* column : {"lhs", "rhs", "weight"}) source.add(column, text(column));
      if (graph.has_timestamps(r)) source.add("timestamp", text("timestamp"));
      source.add("split", text(split));
      sources.nodes.push_back(std::move(source));
    }
  }
  root.add("relations", std::move(relations));
  root.add("sources", std::move(sources));

  if (!graph.networks().empty()) {
    Node networks = Node::map();
    for (const Network& network : graph.networks()) {
      Node names = Node::list();
      for (const std::uint32_t r : network.relations) {
        names.nodes.push_back(text(schema.relations[r].name));
      }
      networks.add(network.name, std::move(names));
    }
    root.add("networks", std::move(networks));
  }

  // What the ids and the statistics depend on.
  Node import = Node::map();
  import.add("hash_seed", plain(fmt::format("{}", graph.vocabulary(0).seed())));
  const fs::path stats = graph.path() / "stats.json";
  if (fs::exists(stats)) {
    const auto json = nlohmann::json::parse(read_text(stats));
    import.add("core_type", text(json.at("core_type").get<std::string>()));
    import.add("high_coverage", plain(to_text(json.at("high_coverage").get<double>())));
  }
  root.add("import", std::move(import));
  return root;
}

/// The entities of one type, by name or by number.
class Ends {
 public:
  Ends(const Graph& graph, std::uint32_t type) : names_(graph.vocabulary(type)) {
    std::int64_t first = 0;
    for (std::uint32_t p = 0; p < names_.num_partitions(); ++p) {
      first_.push_back(first);
      first += names_.size(p);
    }
  }
  const Vocabulary& names() const { return names_; }
  std::int64_t id(EntityId entity) const { return first_[entity.partition] + entity.row; }

  void put(TableWriter& table, EntityColumns columns, EntityId entity) const {
    if (columns == EntityColumns::names) {
      table.text(names_.name(entity));
    } else {
      table.integer(id(entity));
    }
  }

 private:
  Vocabulary names_;
  std::vector<std::int64_t> first_;  // by partition
};

class Export {
 public:
  Export(const Graph& graph, const fs::path& directory, EntityColumns columns,
         const Observer& observer, const StopFlag& stop)
      : graph_(graph), directory_(directory), columns_(columns), observer_(observer), stop_(stop) {
    const Schema& schema = graph.schema();
    for (std::uint32_t t = 0; t < schema.entities.size(); ++t) {
      ends_.emplace_back(graph, t);
      summary_.num_entities += ends_.back().names().size();
    }
    for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
      for (const std::string& split : graph.splits())
        summary_.num_edges += graph.num_edges(r, split);
    }
  }

  ExportSummary run(std::size_t num_threads) {
    const Schema& schema = graph_.schema();
    std::vector<std::pair<std::uint32_t, std::string>> tables;  // relation, split
    for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
      for (const std::string& split : graph_.splits()) {
        if (graph_.num_edges(r, split) > 0) tables.emplace_back(r, split);
      }
    }
    const std::size_t num_types = schema.entities.size();
    parallel_for(num_types + tables.size(), num_threads, [&](std::size_t i) {
      const std::uint64_t bytes =
          i < num_types ? write_entities(static_cast<std::uint32_t>(i))
                        : write_edges(tables[i - num_types].first, tables[i - num_types].second);
      const std::lock_guard lock(mutex_);
      ++summary_.num_files;
      summary_.num_bytes += bytes;
    });
    write_text(directory_ / "config.yaml", config::to_yaml(config_of(graph_)));
    ++summary_.num_files;
    return summary_;
  }

 private:
  static constexpr std::uint64_t kRowsBetweenReports = 1 << 16;

  fs::path make_room(const std::string& file) const {
    fs::create_directories((directory_ / file).parent_path());
    return directory_ / file;
  }

  // Counts rows and reports them, a few at a time.
  void advance(std::uint64_t rows) {
    if (stop_.requested()) {
      throw ErrorBuilder(ErrorKind::cancelled, "graph.stopped")
          .what("the export was stopped")
          .hint("nothing was written")
          .build();
    }
    const std::lock_guard lock(mutex_);
    num_done_ += rows;
    observer_.report(
        {"writing tables", num_done_, summary_.num_edges + summary_.num_entities, "rows", {}});
  }

  std::uint64_t write_entities(std::uint32_t type) {
    const Vocabulary& names = ends_[type].names();
    const fs::path path = make_room(entities_file(graph_.schema().entities[type]));
    // The first column is what the edges have and what import reads.
    const ColumnSpec name{"name", ColumnType::text}, id{"id", ColumnType::integer};
    const bool by_name = columns_ == EntityColumns::names;
    TableWriter table(path, by_name ? std::vector{name, id} : std::vector{id, name});
    for (std::uint32_t p = 0; p < names.num_partitions(); ++p) {
      for (std::uint32_t row = 0; row < names.size(p); ++row) {
        const EntityId entity{p, row};
        if (by_name) table.text(names.name(entity));
        table.integer(ends_[type].id(entity));
        if (!by_name) table.text(names.name(entity));
        if (table.num_rows() % kRowsBetweenReports == 0) advance(kRowsBetweenReports);
      }
    }
    table.commit();
    advance(table.num_rows() % kRowsBetweenReports);
    return fs::file_size(path);
  }

  std::uint64_t write_edges(std::uint32_t relation, const std::string& split) {
    const RelationType& type = graph_.schema().relations[relation];
    const Ends &lhs = ends_[type.lhs], &rhs = ends_[type.rhs];
    const bool timestamps = graph_.has_timestamps(relation);
    const fs::path path = make_room(edges_file(graph_, relation, split));
    const ColumnType end =
        columns_ == EntityColumns::names ? ColumnType::text : ColumnType::integer;
    std::vector<ColumnSpec> columns{{"lhs", end}, {"rhs", end}, {"weight", ColumnType::real}};
    if (timestamps) columns.push_back({"timestamp", ColumnType::integer});
    columns.push_back({"relation", ColumnType::text});
    TableWriter table(path, std::move(columns));
    for (std::uint32_t i = 0; i < lhs.names().num_partitions(); ++i) {
      for (std::uint32_t j = 0; j < rhs.names().num_partitions(); ++j) {
        const EdgeBucket bucket = graph_.bucket(relation, i, j, split);
        const EdgeSpan& edges = bucket.edges();
        for (std::size_t k = 0; k < edges.size(); ++k) {
          lhs.put(table, columns_, {i, edges.lhs[k]});
          rhs.put(table, columns_, {j, edges.rhs[k]});
          table.real(edges.weight.empty() ? 1.0 : static_cast<double>(edges.weight[k]));
          if (timestamps) table.integer(edges.timestamp[k]);
          table.text(type.name);
          if (table.num_rows() % kRowsBetweenReports == 0) advance(kRowsBetweenReports);
        }
      }
    }
    table.commit();
    advance(table.num_rows() % kRowsBetweenReports);
    return fs::file_size(path);
  }

  const Graph& graph_;
  const fs::path& directory_;
  EntityColumns columns_;
  const Observer& observer_;
  const StopFlag& stop_;
  std::vector<Ends> ends_;  // by entity type
  std::mutex mutex_;
  std::uint64_t num_done_ = 0;
  ExportSummary summary_;
};

}  // namespace

ExportSummary export_graph(const Graph& graph, const fs::path& out, EntityColumns columns,
                           std::size_t num_threads, const Observer& observer,
                           const StopFlag& stop) {
  const auto begin = std::chrono::steady_clock::now();
  refuse_what_is_there(out);
  PartialDirectory partial(out);
  ExportSummary summary = Export(graph, partial.path(), columns, observer, stop).run(num_threads);
  observer.report({"syncing", 0, 0, "bytes", {}});
  partial.sync();
  partial.publish();
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return summary;
}

}  // namespace twhin
