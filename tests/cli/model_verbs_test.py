"""Verbs that ask a model: eval, on a small network that lies on disk."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("TWHIN_BUILD_DIR", ROOT / "build")) / "bin"


def run(program, *words):
    return subprocess.run([BIN / program, *map(str, words)], capture_output=True, text=True, timeout=60)


def twhin(*words):
    return run("twhin", *words)


class ModelVerbs(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = pathlib.Path(cls.folder.name)
        result = run("twhin_small_network", cls.root)
        assert result.returncode == 0, result.stderr
        cls.graph = cls.root / "graph"
        cls.models = cls.root / "models" / "all"

    def fails(self, result, status, *texts):
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)
        return result

    def output(self, *words):
        result = twhin(*words)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def copy(self):
        """The network at another place, to be damaged. Its version still names the first graph."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        shutil.copytree(self.root, folder.name, dirs_exist_ok=True)
        return pathlib.Path(folder.name)


class Eval(ModelVerbs):
    def test_prints_tables(self):
        text = self.output("eval", self.models)
        self.assertTrue(text.startswith("test: 60 of 60 edges, both sides, ranked against all entities of the type; "
                                        "ties take the mean rank\n"))
        for words in ("Hits@50", "filtered, by popularity", "filtered, by chance", "95 % interval",
                      "filtered, by relation\n", "follow", "filtered, by degree\n", "filtered, by time\n"):
            self.assertIn(words, text)
        self.assertNotIn("sampled", text)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 110)

    def test_a_version_is_a_model_as_its_network_is(self):
        network = json.loads(self.output("eval", self.models, "--json"))
        version = json.loads(self.output("eval", self.models / "v1", "--json"))
        self.assertEqual(network["results"], version["results"])
        self.assertEqual(network["model"]["path"], str(self.models / "v1"))

    def test_json_has_all_figures(self):
        result = json.loads(self.output("eval", self.models, "--json", "--protocol", "both", "--split", "valid"))
        self.assertEqual((result["candidates"], result["edges"], result["queries"]), ("all", 40, 80))
        self.assertEqual([each["protocol"] for each in result["results"]], ["filtered", "raw"])
        filtered, raw = result["results"]
        self.assertGreater(filtered["micro"]["mrr"], raw["micro"]["mrr"])
        self.assertEqual(result["options"]["split"], "valid")
        low, high = filtered["ci95"]["mrr"]
        self.assertTrue(low < filtered["micro"]["mrr"] < high)

    def test_figures_do_not_depend_on_threads(self):
        one, four = (json.loads(self.output("eval", self.models, "--json", "--threads", n)) for n in (1, 4))
        self.assertEqual(one["results"], four["results"])

    def test_sampled_figures_are_called_so(self):
        words = ("eval", self.models, "--candidates", "uniform", "--num-candidates", "10")
        text = self.output(*words)
        self.assertIn("ranked against 10 sampled candidates", text)
        self.assertIn("biased", text)
        result = json.loads(self.output(*words, "--json"))
        self.assertEqual(result["candidates"], "sampled")
        self.assertIn("biased", result["warning"])

    def test_a_missed_threshold_is_status_3(self):
        self.assertEqual(twhin("eval", self.models, "--min-mrr", "0.01").returncode, 0)
        result = self.fails(twhin("eval", self.models, "--min-mrr", "0.99"), 3, "is below 0.99")
        self.assertIn("Hits@10", result.stdout)

    def test_wrong_input(self):
        self.fails(twhin("eval", self.root / "none"), 2, "model.not_found")
        self.fails(twhin("eval", self.models, "--split", "tset"), 2, "evaluate.unknown_split", 'did you mean "test"?')
        self.fails(twhin("eval", self.models, "--relations", "folow"), 2, "schema.unknown_relation",
                   'did you mean "follow"?')
        self.fails(twhin("eval", self.models, "--sides", "left"), 2, "config.unknown_value", "both, lhs, rhs")
        self.fails(twhin("eval", self.models, "--graph", self.models), 2, "storage.no_manifest")

    def test_a_graph_that_is_gone_is_asked_for(self):
        place = self.copy()
        self.fails(twhin("eval", place / "models" / "all", "--graph", place / "nothing"), 2, "storage.no_manifest")
        moved = self.root / "moved"
        self.graph.rename(moved)
        try:
            self.fails(twhin("eval", self.models), 2, "cli.graph_is_gone", "--graph DIR")
            expected = self.output("eval", self.models, "--graph", moved, "--json")
        finally:
            moved.rename(self.graph)
        self.assertEqual(json.loads(expected)["results"],
                         json.loads(self.output("eval", self.models, "--json"))["results"])

    def test_another_graph_in_its_place_is_refused_unless_named(self):
        place = self.copy()
        manifest = self.graph / "manifest.json"
        original = manifest.read_bytes()
        try:
            shutil.rmtree(self.graph)
            other = tempfile.TemporaryDirectory()
            self.addCleanup(other.cleanup)
            run("twhin_small_network", other.name, 9, 4)  # 4 partitions: another graph of the same names
            shutil.copytree(pathlib.Path(other.name) / "graph", self.graph)
            self.fails(twhin("eval", self.models), 2, "cli.graph_has_changed", "matching entities by name")
            result = twhin("eval", self.models, "--graph", self.graph, "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("warning: the graph is not the one", result.stderr)
            self.assertEqual(len(json.loads(result.stdout)["results"]), 1)
        finally:
            shutil.rmtree(self.graph)
            shutil.copytree(place / "graph", self.graph)
            self.assertEqual(manifest.read_bytes(), original)


if __name__ == "__main__":
    unittest.main()
