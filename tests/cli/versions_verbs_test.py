"""Verbs that keep versions: versions, promote, rollback, prune, and train --no-promote."""

import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from verbs import BIN, VerbTest, twhin


class VersionVerbs(VerbTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for seed in (1, 11, 21):  # v1, v2, v3
            subprocess.run([BIN / "twhin_small_network", self.root, str(seed)], check=True)
        self.models = self.root / "models" / "all"

    def own_network(self, epochs):
        """An imported graph beside the models; its config."""
        config = self.root / "config.yaml"
        edges = self.root / "edges.csv"
        edges.write_text("".join(f"{i},{(i * 7 + 1) % 20},{1000 + i}\n" for i in range(60)))
        config.write_text("entities: {user: {}}\nrelations: {follow: {lhs: user, rhs: user}}\n"
                          "sources: [{path: edges.csv, relation: follow, lhs: 0, rhs: 1, timestamp: 2}]\n"
                          f"graph: own_graph\nmodels: own_models\ntrain: {{dim: 4, epochs: {epochs}}}\n")
        self.assertEqual(twhin("import", config, "--quiet").returncode, 0)
        return config

    def current(self):
        return (self.models / "CURRENT").read_text().strip()

    def test_lists_versions(self):
        text = self.output("versions", self.models)
        lines = text.splitlines()
        self.assertEqual(lines[0].split()[:3], ["version", "parent", "made"])
        self.assertTrue(lines[3].startswith("*  v3"), text)
        self.assertIn("* CURRENT; before it, the latest first: v2, v1", text)
        listed = json.loads(self.output("versions", self.models, "--json"))
        self.assertEqual([v["version"] for v in listed["versions"]], ["v1", "v2", "v3"])
        self.assertEqual((listed["current"], listed["under_way"]), ("v3", None))
        self.assertEqual(listed["versions"][0]["entities"], {"user": 40, "tweet": 25})
        self.assertIsNone(listed["versions"][0]["data_window"])

    def test_a_broken_version_is_told_and_not_fatal(self):
        (self.models / "v2" / "manifest.json").write_text("{")
        text = self.output("versions", self.models)
        self.assertIn("v2 cannot be read:", text)
        self.assertIn("id:        storage.bad_manifest", text)
        listed = json.loads(self.output("versions", self.models, "--json"))
        self.assertEqual(listed["versions"][1]["problem"]["id"], "storage.bad_manifest")
        self.fails(twhin("promote", self.models, "v2"), 1, "storage.bad_manifest")
        self.assertEqual(self.output("rollback", self.models), "v1\n")

    def test_promotes_and_rolls_back(self):
        self.assertEqual(self.output("promote", self.models, "v1"), "v1\n")
        self.assertEqual(self.current(), "v1")
        self.assertEqual(self.output("promote", self.models / "v2"), "v2\n")
        self.assertEqual(self.output("promote", f"{self.models / 'v3'}/"), "v3\n")
        self.assertEqual(self.output("promote", f"{self.models}@v2"), "v2\n")
        self.assertEqual(self.output("promote", self.models / "v3"), "v3\n")
        self.assertEqual(self.output("rollback", self.models), "v2\n")
        self.assertEqual(self.output("rollback", self.models), "v3\n")
        self.assertEqual(self.output("rollback", self.models, "1"), "v1\n")
        self.assertEqual(self.output("promote", self.models, "3"), "v3\n")
        self.assertEqual(self.current(), "v3")
        self.fails(twhin("promote", self.models, "v9"), 2, "versions.unknown", "v1, v2, v3")
        self.fails(twhin("promote", self.models, "newest"), 2, "versions.bad_number")
        self.fails(twhin("versions", self.root), 2, "versions.no_network")

    def test_a_current_that_is_gone_is_named(self):
        shutil.rmtree(self.models / "v3")
        self.fails(twhin("neighbors", self.models, "user:1", "--type", "user"), 2, "model.not_found", "names v3, which is not there",
                   f"twhin promote {self.models} v2")
        self.assertEqual(self.output("promote", self.models, "v2"), "v2\n")
        self.output("neighbors", self.models, "user:1", "--type", "user", "--quiet")

    def test_prunes(self):
        self.fails(twhin("prune", self.models), 2, "cli.missing_option", "--keep N")
        self.fails(twhin("prune", self.models, "--keep", "0"), 2, "versions.keep_none")
        self.output("promote", self.models, "v1")
        text = self.output("prune", self.models, "--keep", "1", "--dry-run")
        self.assertTrue(text.startswith("would remove: v2\nwould free: "), text)
        self.assertTrue((self.models / "v2").exists())
        result = json.loads(self.output("prune", self.models, "--keep", "1", "--json"))
        self.assertEqual((result["removed"], result["kept"]), (["v2"], ["v1", "v3"]))
        self.assertGreater(result["freed_bytes"], 0)
        self.assertFalse((self.models / "v2").exists())
        self.assertEqual(self.current(), "v1")

    def test_training_may_leave_current_to_a_gate(self):
        config = self.own_network(epochs=1)
        for version, option in (("v1", "--no-promote"), ("v2", "--quiet"), ("v3", "--no-promote")):
            result = twhin("train", config, option)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(pathlib.Path(result.stdout.strip()).name, version)
            models = self.root / "own_models" / "all"
            if version == "v1":
                self.fails(twhin("inspect", models / "CURRENT"), 2)
                self.fails(twhin("neighbors", models, "user:1", "--type", "user"), 2, "model.not_found",
                           "twhin promote", "v1")
        listed = json.loads(self.output("versions", models, "--json"))
        self.assertEqual((listed["current"], listed["history"]), ("v2", ["v2"]))
        self.assertEqual(listed["versions"][2]["data_window"], [1000, 1059])
        # v1 was never CURRENT, but it is all that there is before v2.
        self.output("promote", models, "v3")
        self.assertEqual(self.output("rollback", models), "v2\n")

    def test_a_resumed_run_leaves_current_to_the_gate_too(self):
        config = self.own_network(epochs=60)
        run = subprocess.Popen([BIN / "twhin", "train", config, "--no-promote"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        models = self.root / "own_models" / "all"
        while not list(models.glob("v1.partial/checkpoints/*/manifest.json")):
            self.assertIsNone(run.poll())
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(timeout=60), 130)
        result = twhin("train", config, "--resume")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((models / "v1" / "manifest.json").exists())
        self.assertFalse((models / "CURRENT").exists())


if __name__ == "__main__":
    unittest.main()
