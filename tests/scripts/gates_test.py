"""experiments/gates: figures are picked from what eval prints, compared with what is published, and recorded."""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "experiments" / "gates"
LOADER = importlib.machinery.SourceFileLoader("gates", str(SCRIPT))
gates = importlib.util.module_from_spec(importlib.util.spec_from_loader("gates", LOADER))
sys.modules["gates"] = gates  # dataclasses look their module up
LOADER.exec_module(gates)


class GatesTest(unittest.TestCase):
    """A gate "toy" with one figure, 0.30 published with a tolerance of 0.01; its commands are answered here."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.version = self.folder / "v1"
        self.version.mkdir()
        (self.version / "manifest.json").write_text(json.dumps({"meta": {"config": {"train": {"dim": 4}}}}))
        self.write_log(mrr=0.25)
        self.commands, self.mrr = [], iter([0.2899, 0.2901])
        toy = gates.Gate("toy", (gates.ranking("mrr", 0.30, tolerance=0.01),), valid=("split.valid=0.1",))
        for name, value in {"GATES": {"toy": toy}, "RESULTS": self.folder / "results", "run_for_output": self.answer,
                            "config_sha256": lambda name: "0123"}.items():
            patch = mock.patch.object(gates, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def write_log(self, mrr):
        events = [{"event": "epoch", "epoch": 1, "run_seconds": 2.5, "cpu_seconds": 4.0},
                  {"event": "validation", "epoch": 1, "mrr": mrr}]
        (self.version / "metrics.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))

    def answer(self, command):
        self.commands.append(command)
        if command[0] == "experiments/run":
            return f"{self.version}\n"
        if command[0] == "git":
            return "abc1234\n"
        return json.dumps({"results": [{"micro": {"mrr": next(self.mrr)}}]})

    def run_main(self, *arguments):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            status = gates.main(list(arguments))
        return status, printed.getvalue()

    def lines(self, name):
        return [json.loads(line) for line in (self.folder / "results" / name).read_text().splitlines()]

    def test_a_figure_is_the_mean_over_seeds_with_its_spread(self):
        status, printed = self.run_main("toy", "--seeds", "2", "--min-reached")
        (line,) = self.lines("gates.jsonl")
        self.assertEqual((status, line["row"], line["seeds"], line["reached"]), (0, "toy", 2, True))
        self.assertAlmostEqual(line["mean"], 0.29, places=12)          # of .2899 and .2901: just the goal
        self.assertAlmostEqual(line["spread"], 0.0002 / 2**0.5, places=12)
        self.assertEqual(line["train_seconds"], [2.5, 2.5])
        self.assertEqual(line["config"], {"train": {"dim": 4}})
        self.assertIn("reached", printed)
        seeds = [command[command.index("--set") + 1] for command in self.commands if command[0] == "experiments/run"]
        self.assertEqual(seeds, ["train.seed=1", "train.seed=2"])

    def test_a_run_that_is_recorded_is_not_done_again(self):
        self.run_main("toy")
        self.run_main("toy", "--seeds", "2")
        line = self.lines("gates.jsonl")[-1]
        self.assertEqual(line["values"], [0.2899, 0.2901])
        self.assertEqual(sum(command[0] == "experiments/run" for command in self.commands), 2)
        self.mrr = iter([0.31])
        self.run_main("toy", "--again")
        self.assertEqual(self.lines("gates.jsonl")[-1]["values"], [0.31])

    def test_a_figure_below_its_goal_is_missed_and_ends_with_3_if_asked(self):
        status, printed = self.run_main("toy", "--min-reached")
        self.assertEqual(status, 3)
        self.assertIn("missed", printed)
        self.assertFalse(self.lines("gates.jsonl")[0]["reached"])

    def test_a_search_holds_out_valid_and_is_recorded_apart(self):
        self.run_main("toy", "--valid", "--set", "train.dim=8")
        train, judge = self.commands[:2]
        self.assertIn("split.valid=0.1", train)
        self.assertIn("train.dim=8", train)
        self.assertEqual(judge[judge.index("--split") + 1], "valid")
        self.assertEqual(self.lines("search.jsonl")[0]["settings"], ["train.dim=8"])
        self.assertFalse((self.folder / "results" / "gates.jsonl").exists())

    def test_settings_cannot_be_chosen_on_test(self):
        with self.assertRaises(SystemExit) as ended:
            self.run_main("toy", "--set", "train.dim=8")
        self.assertEqual(ended.exception.code, 2)
        self.assertEqual(self.commands, [])


class ConfigsTest(unittest.TestCase):
    def test_every_gate_has_a_config(self):
        for name in gates.GATES:
            self.assertTrue((ROOT / "experiments" / "configs" / f"{gates.config_of(name)}.yaml").is_file(), name)


if __name__ == "__main__":
    unittest.main()
