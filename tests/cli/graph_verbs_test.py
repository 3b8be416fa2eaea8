"""What import leaves, as the verbs that read a graph tell it."""

import json
import pathlib
import tempfile
import unittest

from cli_test import CommandLine, twhin

CONFIG = """\
graph: graph
entities: {user: {}, item: {}}
relations:
  follow: {lhs: user, rhs: user}
  like: {lhs: user, rhs: item}
sources:
  - {path: follow.tsv, relation: follow}
  - {path: like.tsv, relation: like}
"""


class GraphVerbs(CommandLine):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.graph = self.root / "graph"
        (self.root / "run.yaml").write_text(CONFIG)
        (self.root / "follow.tsv").write_text("ann\tbob\nbob\tcid\nann\tcid\n")
        (self.root / "like.tsv").write_text("ann\t1\nbob\t2\n")
        self.output("import", self.root / "run.yaml")

    def output(self, *words):
        result = twhin(*words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout


class InspectGraph(GraphVerbs):
    def test_the_config_is_the_one_of_the_import(self):
        config = json.loads(self.output("inspect", self.graph, "--config"))
        self.assertEqual(config["relations"]["like"]["rhs"], "item")
        self.assertEqual([each["relation"] for each in config["sources"]], ["follow", "like"])

    def test_the_config_is_verified_like_every_other_file(self):
        self.assertRegex(self.output("verify", self.graph), r"^(\d+) of \1 files intact")
        with open(self.graph / "config.yaml", "a") as file:
            file.write("\n")
        self.fails(twhin("verify", self.graph), 1, "config.yaml", "storage.damaged")


class Export(GraphVerbs):
    def checksum(self, graph):
        return json.loads(self.output("inspect", graph, "--json"))["checksum"]

    def test_the_tables_import_to_the_same_graph(self):
        text = self.output("export", self.graph, "--out", self.root / "tables", "--format", "parquet")
        self.assertRegex(text, r"^5 edges and 5 entities in 5 files \(")
        self.output("import", self.root / "tables" / "config.yaml")
        self.assertEqual(self.checksum(self.root / "tables" / "graph"), self.checksum(self.graph))

    def test_columns_are_those_that_other_programs_read(self):
        import pyarrow.parquet

        self.output("export", self.graph, "--out", self.root / "names")
        self.output("export", self.graph, "--out", self.root / "ids", "--ids")
        names = pyarrow.parquet.read_table(self.root / "names/edges/like/train.parquet").to_pydict()
        ids = pyarrow.parquet.read_table(self.root / "ids/edges/like/train.parquet").to_pydict()
        users = pyarrow.parquet.read_table(self.root / "ids/entities/user.parquet").to_pydict()
        self.assertEqual(list(names), ["lhs", "rhs", "weight", "relation"])
        self.assertEqual(sorted(zip(names["lhs"], names["rhs"])), [("ann", "1"), ("bob", "2")])
        self.assertEqual((names["weight"], names["relation"]), ([1.0, 1.0], ["like", "like"]))
        name = dict(zip(users["id"], users["name"]))
        self.assertEqual([name[i] for i in ids["lhs"]], names["lhs"])

    def test_wrong_input_writes_nothing(self):
        self.fails(twhin("export", self.graph), 2, "cli.missing_option", "--out DIR")
        out = self.root / "out"
        self.fails(twhin("export", self.graph, "--out", out, "--format", "npy"), 2, "cli.unknown_format")
        self.fails(twhin("export", self.root / "none", "--out", out), 2, "storage.no_manifest")
        self.assertFalse(out.exists())
        self.output("export", self.graph, "--out", out)
        self.fails(twhin("export", self.graph, "--out", out), 2, "graph.export_exists")


class ImportDryRun(GraphVerbs):
    def test_it_says_what_import_does_and_leaves_the_graph_alone(self):
        before = sorted(str(path) for path in self.root.rglob("*"))
        (self.root / "like.tsv").write_text("ann\t1\nbob\t2\ncid\t3\n")
        plan = json.loads(self.output("import", self.root / "run.yaml", "--dry-run", "--json"))
        self.assertEqual([each["entities"] for each in plan["entities"]], [3, 3])
        self.assertEqual(plan["edges"], 6)
        self.assertEqual(plan["sample"]["share"], 1.0)
        self.assertIn("memory", self.output("import", self.root / "run.yaml", "--dry-run"))
        self.assertEqual(before, sorted(str(path) for path in self.root.rglob("*")))
        self.assertEqual(json.loads(self.output("import", self.root / "run.yaml", "--json"))["edges"], plan["edges"])

    def test_a_base_is_not_estimated(self):
        both = twhin("import", self.root / "run.yaml", "--dry-run", "--base", self.graph)
        self.fails(both, 2, "--base", "cli.conflicting_options")

    def test_memory_is_an_option(self):
        plan = json.loads(
            self.output("import", self.root / "run.yaml", "--dry-run", "--json", "--memory", "3GiB")
        )
        self.assertEqual(plan["granted_memory_bytes"], 3 << 30)
        self.fails(twhin("import", self.root / "run.yaml", "--memory", "lots"), 2, "--memory lots")

    def test_memory_below_the_least_is_refused(self):
        too_little = twhin("import", self.root / "run.yaml", "--dry-run", "--set", "import.memory=64MiB")
        self.fails(too_little, 2, "import.memory", "graph.not_enough_memory")


if __name__ == "__main__":
    unittest.main()
