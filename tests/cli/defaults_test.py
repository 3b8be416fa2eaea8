"""Options of `train` that a config leaves out: chosen by the network's size, said, and recorded."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ.get("TWHIN_BUILD_DIR", pathlib.Path(__file__).resolve().parents[2] / "build"))

CONFIG = """
graph: graph
models: models
entities: {user: {}}
relations: {follow: {lhs: user, rhs: user}}
sources: [{path: follow.tsv, relation: follow}]
"""


class Defaults(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "follow.tsv").write_text("".join(f"{i}\t{(i * 7 + 1) % 30}\n" for i in range(30)))
        (self.root / "run.yaml").write_text(CONFIG)
        self.twhin("import", self.root / "run.yaml")

    def twhin(self, *words):
        result = subprocess.run([BUILD / "bin" / "twhin", *map(str, words)], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def train(self, *words):
        """What was said, and the recorded options."""
        result = self.twhin("train", self.root / "run.yaml", "--set", "train.dim=4", *words)
        manifest = json.loads((pathlib.Path(result.stdout.strip()) / "manifest.json").read_text())
        said = [line for line in result.stderr.splitlines() if line.startswith("left out of the config")]
        return said, manifest["meta"]["config"]["train"]

    def test_what_is_left_out_is_chosen_said_and_recorded(self):
        said, options = self.train()
        self.assertEqual(len(said), 1)
        self.assertIn("epochs 40", said[0])  # 30 edges: as often as any network is trained
        self.assertEqual(options["epochs"], 40)
        self.assertEqual(options["schedule"]["kind"], "linear")
        self.assertNotIn("dim", said[0])

    def test_what_is_given_stays(self):
        said, options = self.train("--set", "train.epochs=2", "--set", "train.schedule.kind=constant")
        self.assertNotIn("epochs", said[0])
        self.assertEqual((options["epochs"], options["schedule"]["kind"]), (2, "constant"))
        self.assertGreater(options["schedule"]["warm_up"], 0)  # of the same map, and left out

    def test_a_model_can_be_trained_again_from_the_config_that_it_records(self):
        _, options = self.train("--set", "train.epochs=2")
        config = self.root / "models" / "all" / "v1" / "config.yaml"
        said = [line for line in self.twhin("train", config).stderr.splitlines() if line.startswith("left out")]
        self.assertEqual(said, [])
        again = json.loads((self.root / "models" / "all" / "v2" / "manifest.json").read_text())["meta"]["config"]["train"]
        self.assertEqual(again, options)


if __name__ == "__main__":
    unittest.main()
