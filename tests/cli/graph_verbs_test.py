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


if __name__ == "__main__":
    unittest.main()
