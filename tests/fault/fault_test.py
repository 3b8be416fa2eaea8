"""What is committed stays readable, whatever goes wrong: a disk that fills up, a process that is killed.

Each test preloads libtwhin_faulty_io.so, which makes the n-th operation on files go wrong, for n spread over
all operations of a run.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ.get("TWHIN_BUILD_DIR", pathlib.Path(__file__).resolve().parents[2] / "build"))
TWHIN = BUILD / "bin/twhin"
FAULTY_IO = BUILD / "libtwhin_faulty_io.so"

CONFIG = """
graph: graph
models: models
entities: {user: {partitions: 2}, tweet: {}}
relations:
  follow: {lhs: user, rhs: user}
  favorite: {lhs: user, rhs: tweet}
sources:
  - {path: follow.tsv, relation: follow}
  - {path: favorite.tsv, relation: favorite}
split: {valid: 0.05, test: 0.1}
train: {dim: 8, epochs: 2, batch_negatives: 10, uniform_negatives: 10, deterministic: true, checkpoint_every: 2,
        validation_edges: 20}
"""


def run(*words, cwd, fault=None, at=0, count=None, syncs=None):
    environment = dict(os.environ)
    if fault is not None:
        environment |= {"LD_PRELOAD": str(FAULTY_IO), "TWHIN_FAULT_KIND": fault, "TWHIN_FAULT_AT": str(at)}
        if count:
            environment["TWHIN_FAULT_COUNT"] = str(count)
        if syncs:
            environment["TWHIN_FAULT_SYNCS"] = str(syncs)
    return subprocess.run([TWHIN, *words], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)


def spread(total, wanted):
    """At most `wanted` numbers of 1 … total, both ends among them."""
    if total <= wanted:
        return list(range(1, total + 1))
    return sorted({1 + round(i * (total - 1) / (wanted - 1)) for i in range(wanted)})


def files_of(directory):
    """Checksums of all files, as the manifest has them."""
    return json.loads((directory / "manifest.json").read_text())["files"]


@unittest.skipUnless(FAULTY_IO.exists(), "libtwhin_faulty_io.so is not built (sanitizers)")
class FaultTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="twhin-fault-"))
        self.addCleanup(shutil.rmtree, self.dir)
        follow = [(u, (u * 7 + k * k) % 60) for u in range(60) for k in range(1, 6)]
        favorite = [(u, (u * 3 + k * 5) % 40) for u in range(60) for k in range(1, 4)]
        for name, edges in (("follow", follow), ("favorite", favorite)):
            (self.dir / f"{name}.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in edges))
        (self.dir / "config.yaml").write_text(CONFIG)

    def ok(self, *words, **options):
        result = run(*words, cwd=self.dir, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def num_operations(self, fault, *words):
        count = self.dir / "count"
        self.ok(*words, fault=fault, count=count)
        return int(count.read_text())

    def leftovers(self):
        return [p.name for p in self.dir.rglob("*") if ".tmp-" in p.name or ".partial-" in p.name]

    def test_import_on_a_full_disk_says_so_and_changes_nothing(self):
        total = self.num_operations("full", "import", "config.yaml")
        self.assertGreater(total, 5)
        before = files_of(self.dir / "graph")
        with (self.dir / "follow.tsv").open("a") as file:
            file.write("1\t59\n")
        for at in spread(total, 12):
            with self.subTest(at=at):
                result = run("import", "config.yaml", cwd=self.dir, fault="full", at=at)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertIn("No space left on device", result.stderr)
                self.assertIn("id:", result.stderr)
                self.assertEqual(files_of(self.dir / "graph"), before)
                self.ok("verify", "graph")
                self.assertEqual(self.leftovers(), [])

    def test_import_killed_anywhere_leaves_the_old_graph_or_the_new_one(self):
        total = self.num_operations("kill", "import", "config.yaml")
        old = files_of(self.dir / "graph")
        with (self.dir / "follow.tsv").open("a") as file:
            file.write("1\t59\n")
        self.ok("import", "config.yaml")
        new = files_of(self.dir / "graph")
        self.assertNotEqual(old, new)
        text = (self.dir / "follow.tsv").read_text()
        for at in spread(total, 20):
            with self.subTest(at=at):
                (self.dir / "follow.tsv").write_text(text[: -len("1\t59\n")])
                self.ok("import", "config.yaml")
                (self.dir / "follow.tsv").write_text(text)
                result = run("import", "config.yaml", cwd=self.dir, fault="kill", at=at)
                self.assertEqual(result.returncode, -9)
                self.assertIn(files_of(self.dir / "graph"), (old, new))
                self.ok("verify", "graph")
                self.ok("import", "config.yaml")  # clears away what the dead one left
                self.assertEqual(files_of(self.dir / "graph"), new)
                self.assertEqual(self.leftovers(), [])

    def test_train_killed_anywhere_resumes_to_the_same_bits(self):
        self.ok("import", "config.yaml")
        total = self.num_operations("kill", "train", "config.yaml")
        self.assertGreater(total, 20)
        whole = files_of(self.dir / "models/all/v1")
        whole = {name: record for name, record in whole.items() if name != "metrics.jsonl"}  # holds times
        for at in spread(total, 12):
            with self.subTest(at=at):
                shutil.rmtree(self.dir / "models")
                result = run("train", "config.yaml", cwd=self.dir, fault="kill", at=at)
                self.assertEqual(result.returncode, -9)
                version = self.dir / "models/all/v1"
                if not (version / "manifest.json").exists():
                    unfinished = (self.dir / "models/all/v1.partial").exists()
                    self.ok("train", "config.yaml", *(["--resume"] if unfinished else []))
                self.ok("verify", str(version))
                found = {name: record for name, record in files_of(version).items() if name != "metrics.jsonl"}
                self.assertEqual(found, whole)

    def test_a_warm_start_killed_anywhere_goes_on_as_it_began(self):
        """From the first operation on; never from random rows, and never to be promoted."""
        self.ok("import", "config.yaml")
        self.ok("train", "config.yaml")
        words = ("train", "config.yaml", "--set", "train.pull=1", "--set", "train.epochs=1")
        begun = (*words, "--warm-start", "models/all/v1", "--no-promote")
        total = self.num_operations("kill", *begun)
        version = self.dir / "models/all/v2"
        whole = {name: record for name, record in files_of(version).items() if name != "metrics.jsonl"}
        for at in sorted({*range(1, 9), *spread(total, 12)}):
            with self.subTest(at=at):
                shutil.rmtree(version)
                result = run(*begun, cwd=self.dir, fault="kill", at=at)
                self.assertEqual(result.returncode, -9)
                if not (version / "manifest.json").exists():
                    unfinished = (self.dir / "models/all/v2.partial").exists()
                    self.ok(*((*words, "--resume") if unfinished else begun))
                found = {name: record for name, record in files_of(version).items() if name != "metrics.jsonl"}
                self.assertEqual(found, whole)
                self.assertEqual((self.dir / "models/all/CURRENT").read_text(), "v1\n")

    def test_what_a_pull_needs_lasts_before_the_first_checkpoint_does(self):
        self.ok("import", "config.yaml")
        self.ok("train", "config.yaml")
        syncs = self.dir / "syncs"
        self.ok("train", "config.yaml", "--set", "train.pull=1", "--warm-start", "models/all", fault="kill", syncs=syncs)
        partial = str(self.dir.resolve() / "models/all/v2.partial")
        lines = syncs.read_text().splitlines()
        first_checkpoint = next(i for i, path in enumerate(lines) if path.startswith(f"{partial}/checkpoints/"))
        before = max(i for i, path in enumerate(lines[:first_checkpoint]) if path == f"{partial}/before")
        self.assertIn(partial, lines[before:first_checkpoint])

    def test_train_on_a_full_disk_says_so_and_leaves_the_old_version(self):
        self.ok("import", "config.yaml")
        total = self.num_operations("full", "train", "config.yaml")
        old = files_of(self.dir / "models/all/v1")
        for at in spread(total, 8):
            with self.subTest(at=at):
                result = run("train", "config.yaml", cwd=self.dir, fault="full", at=at)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertIn("No space left on device", result.stderr)
                self.assertEqual((self.dir / "models/all/CURRENT").read_text(), "v1\n")
                self.assertEqual(files_of(self.dir / "models/all/v1"), old)
                shutil.rmtree(self.dir / "models/all/v2.partial", ignore_errors=True)

    def test_keeping_versions_killed_anywhere_leaves_whole_versions_and_a_current_one(self):
        self.ok("import", "config.yaml")
        for _ in range(4):
            self.ok("train", "config.yaml")
        models, before = self.dir / "models", self.dir / "before"
        shutil.copytree(models, before)
        wanted = {("promote", "models/all/v1"): ("v1", "v1 v2 v3 v4"), ("rollback", "models/all"): ("v3", "v1 v2 v3 v4"),
                  ("prune", "models/all", "--keep", "2"): ("v4", "v3 v4")}
        for words, (current, kept) in wanted.items():
            total = self.num_operations("kill", *words)
            self.assertGreaterEqual(total, 4)
            for at in spread(total, 12):
                with self.subTest(words=words, at=at):
                    shutil.rmtree(models)
                    shutil.copytree(before, models)
                    self.assertEqual(run(*words, cwd=self.dir, fault="kill", at=at).returncode, -9)
                    # What has a manifest is whole, and CURRENT is what it was or what it should be.
                    for manifest in (models / "all").glob("v*/manifest.json"):
                        self.ok("verify", str(manifest.parent))
                    killed = (models / "all/CURRENT").read_text().strip()
                    self.assertIn(killed, ("v4", current))
                    self.assertTrue((models / "all" / killed / "manifest.json").exists())
                    self.ok("versions", "models/all")
                    if killed != current or words[0] != "rollback":
                        self.ok(*words)
                    self.assertEqual((models / "all/CURRENT").read_text().strip(), current)
                    self.assertEqual(sorted(p.name for p in (models / "all").glob("v*")), kept.split())
            shutil.rmtree(models)
            shutil.copytree(before, models)

    def test_a_flipped_bit_in_a_model_is_found_and_named(self):
        self.ok("import", "config.yaml")
        self.ok("train", "config.yaml")
        path = self.dir / "models/all/v1/embeddings/tweet.0.f32"
        data = bytearray(path.read_bytes())
        data[100] ^= 4
        path.write_bytes(data)
        result = run("verify", "models/all/v1", cwd=self.dir)
        self.assertEqual(result.returncode, 1)
        self.assertIn("tweet.0.f32", result.stderr)
        self.assertIn("storage.checksum_mismatch", result.stderr)


if __name__ == "__main__":
    unittest.main()
