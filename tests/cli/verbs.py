"""What tests of verbs share: running a program, how it succeeds and fails, and a small network on disk."""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("TWHIN_BUILD_DIR", ROOT / "build")) / "bin"


def run(program, *words, stdin=None):
    return subprocess.run([BIN / program, *map(str, words)], capture_output=True, text=True, timeout=120, input=stdin)


def twhin(*words, stdin=None):
    return run("twhin", *words, stdin=stdin)


class VerbTest(unittest.TestCase):
    maxDiff = None

    def output(self, *words, stdin=None):
        result = twhin(*words, stdin=stdin)
        self.assertEqual((result.returncode, result.stderr), (0, ""), words)
        return result.stdout

    def fails(self, result, status, *texts):
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)
        return result


class SmallNetworkTest(VerbTest):
    """`models` is a network whose versions v1, v2, … have the vectors of these seeds."""

    seeds = ("",)

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = pathlib.Path(cls.folder.name)
        for seed in cls.seeds:
            made = run("twhin_small_network", cls.root, *([seed] if seed else []))
            assert made.returncode == 0, made.stderr
        cls.graph = cls.root / "graph"
        cls.models = cls.root / "models" / "all"
