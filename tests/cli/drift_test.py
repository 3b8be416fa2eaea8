"""twhin drift: two versions compared, and the gate that it is."""

import json
import pathlib
import shutil
import tempfile
import unittest
import xml.etree.ElementTree

from verbs import SmallNetworkTest, twhin


class Drift(SmallNetworkTest):
    seeds = ("1", "11")  # v1, v2 of other vectors

    def figures(self, *words):
        found = json.loads(self.output("drift", *words, "--json"))
        del found["seconds"]
        return found

    def test_versions_are_named_in_several_ways(self):
        found = self.figures(self.models, "v1", "v2")
        self.assertEqual((found["old"]["version"], found["new"]["version"]), (1, 2))
        self.assertEqual(found, self.figures(self.models, "1", "2"))
        self.assertEqual(found, self.figures(self.models / "v1", self.models / "v2"))
        self.assertEqual(self.figures(self.models, "v1")["old"]["version"], 2)  # from CURRENT
        self.assertEqual(self.figures(f"{self.models}@v1", f"{self.models}@v2")["types"], found["types"])

    def test_current_is_not_compared_with_itself(self):
        self.fails(twhin("drift", self.models, "v2", "--max-l2", 1), 2, "drift.same_version", "v2", "name the older one")

    def test_prints_tables(self):
        text = self.output("drift", self.models, "v1", "v2")
        for words in ("from v1 (", "to   v2 (", "after alignment", "L2, aligned", "nearest entities that stay",
                      "candidates that change", "vectors of relations", "user by degree, means"):
            self.assertIn(words, text)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 130)

    def test_json_has_all_figures(self):
        found = self.figures(self.models, "v1", "v2", "--neighbors", "5", "--sample", "10", "--degree-groups", "4")
        self.assertEqual([t["type"] for t in found["types"]], ["user", "tweet"])
        user = found["types"][0]
        self.assertEqual((user["entities_common"], user["overlap"]["k"], user["overlap"]["sampled"]), (40, 5, 10))
        self.assertGreater(user["rows"]["l2"]["mean"], user["rows"]["aligned_l2"]["mean"])
        self.assertEqual(sum(g["rows"]["entities"] for g in user["by_degree"]), 40)
        self.assertEqual([(r["relation"], r["aligned_l2"] is None) for r in found["relations"]],
                         [("follow", False), ("favorite", True)])
        self.assertEqual([c["relation"] for c in found["candidates"]], ["follow", "favorite"])

    def test_figures_do_not_depend_on_threads(self):
        self.assertEqual(self.figures(self.models, "v1", "v2", "--threads", "1"),
                         self.figures(self.models, "v1", "v2", "--threads", "3"))

    def test_a_missed_threshold_is_status_3(self):
        for option, missed in (("max-l2", 0.1), ("max-aligned-l2", 0.1), ("max-cosine", 0.1),
                               ("max-aligned-cosine", 0.1), ("min-overlap", 1.0), ("max-candidates-changed", 0.0)):
            result = twhin("drift", self.models, "v1", "v2", "--neighbors", 5, "--candidates", 5, f"--{option}", missed)
            self.fails(result, 3, "above" if option.startswith("max") else "below")
            self.assertIn("nearest entities that stay", result.stdout)
            held = 1000 if option.startswith("max") else 0
            self.assertEqual(twhin("drift", self.models, "v1", "v2", f"--{option}", held).returncode, 0)
        self.assertEqual(twhin("drift", self.models, "v1", "v1", "--max-l2", 0, "--min-overlap", 1).returncode, 0)
        self.fails(twhin("drift", self.models, "v1", "v2", "--neighbors", "0", "--min-overlap", "0.5"), 2,
                   "cli.nothing_to_judge")

    def test_writes_a_page(self):
        page = self.root / "drift.html"
        self.output("drift", self.models, "v1", "v2", "--html", page)
        text = page.read_text()
        xml.etree.ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))
        self.assertIn("<svg", text)
        self.assertIn("Candidates that change", text)
        self.fails(twhin("drift", self.models, "v1", "v2", "--html", self.root / "none" / "x.html"), 2, "cli.no_folder")

    def test_without_its_graph_there_are_no_groups_by_degree(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(self.root / "models", pathlib.Path(folder) / "models")
            graph = self.root / "graph"
            graph.rename(self.root / "away")
            try:
                result = twhin("drift", pathlib.Path(folder) / "models/all", "v1", "v2")
                self.assertEqual(result.returncode, 0)
                self.assertIn("no groups by degree", result.stderr)
                self.assertNotIn("by degree, means", result.stdout)
                self.fails(twhin("drift", self.models, "v1", "v2", "--graph", graph), 2, "storage.no_manifest")
            finally:
                (self.root / "away").rename(graph)

    def test_wrong_input(self):
        self.fails(twhin("drift", self.models, "v1", "v7"), 2, "model.not_found")
        self.fails(twhin("drift", self.models, "v1", "v2", "--types", "usr"), 2, "schema.unknown_entity_type",
                   'did you mean "user"?')


if __name__ == "__main__":
    unittest.main()
