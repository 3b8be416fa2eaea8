"""What a run tells about itself: metrics.jsonl, the TensorBoard event file, ranks of held-out edges by bucket."""

import json
import math
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ.get("TWHIN_BUILD_DIR", pathlib.Path(__file__).resolve().parents[2] / "build"))

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
split: {valid: 0.1, test: 0.1}
train: {dim: 16, epochs: 3, batch_negatives: 5, uniform_negatives: 10, threads: 1, learning_rate: 0.3, buffer: 2,
        checkpoint_every: 3, bucket_edges: 20, tensorboard: true}
"""


def crc32c(data):
    """Bit by bit, as the polynomial is defined."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def records(data):
    """The records of a TFRecord file, their checksums compared."""
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from("<Q", data, at)
        for begin, length in ((at, 8), (at + 12, size)):
            crc = crc32c(data[begin : begin + length])
            masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
            assert struct.unpack_from("<I", data, begin + length) == (masked,), f"checksum at {begin + length}"
        yield data[at + 12 : at + 12 + size]
        at += 16 + size


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def message(data):
    """(field number, value) of a Protocol Buffers message of any type."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            form, size = {1: ("<d", 8), 5: ("<f", 4)}[wire]
            (value,), at = struct.unpack_from(form, data, at), at + size
        yield number, value


def events(path):
    """(time, step, {tag: value}) of each event, the first one's version checked."""
    found = [dict(message(record)) for record in records(path.read_bytes())]
    assert found[0][3] == b"brain.Event:2", found[0]
    for event in found[1:]:
        scalars = [dict(message(value)) for number, value in message(event[5]) if number == 1]
        yield event[1], event[2], {scalar[1].decode(): scalar[2] for scalar in scalars}


def numbers(prefix, line):
    """What an event should hold of a line."""
    places = {"event", "time", "run_edges", "epoch", "chunk", "lhs_partition", "rhs_partition"}
    found = {}
    for key, value in line.items():
        if key in places or isinstance(value, str):
            continue
        if isinstance(value, dict):
            found |= numbers(f"{prefix}/{key}", value)
        else:
            found[f"{prefix}/{key}"] = value
    return found


class Telemetry(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        # Blocks of 30 users who follow each other and like the same ten tweets.
        follow = [(u, u // 30 * 30 + (u * 7 + k * 5) % 30) for u in range(300) for k in range(1, 12)]
        favorite = [(u, u // 30 * 10 + (u * 3 + k) % 10) for u in range(300) for k in range(1, 8)]
        for name, edges in (("follow", follow), ("favorite", favorite)):
            (cls.dir / f"{name}.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in edges))
        (cls.dir / "config.yaml").write_text(CONFIG)
        cls.twhin("import", "config.yaml")
        cls.twhin("train", "config.yaml")
        cls.version = cls.dir / "models/all/v1"
        cls.log = cls.lines(cls.version)

    @classmethod
    def twhin(cls, *words):
        result = subprocess.run([BUILD / "bin/twhin", *words], cwd=cls.dir, capture_output=True, text=True,
                                timeout=120)
        assert result.returncode == 0, result.stderr
        return result.stdout

    @staticmethod
    def lines(version):
        return [json.loads(line) for line in (version / "metrics.jsonl").read_text().splitlines()]

    def of(self, event):
        return [line for line in self.log if line["event"] == event]

    def test_a_line_for_each_bucket_epoch_validation_and_checkpoint(self):
        # Two partitions fit the buffer, but a step ends where a checkpoint is due: three buckets and one.
        self.assertEqual([line["buckets"] for line in self.of("bucket")], [3, 1] * 3)
        self.assertEqual([len(self.of(event)) for event in ("epoch", "validation")], [3, 3])
        # An epoch's end begins to count anew: two an epoch.
        self.assertEqual(len(self.of("checkpoint")), 6)
        for bucket in self.of("bucket"):
            self.assertGreater(bucket["edges"], 0)
            self.assertGreater(bucket["resident_bytes"], 1 << 20)
            wall = bucket["seconds"] + bucket["wait_seconds"]
            self.assertAlmostEqual(bucket["wait_share"], bucket["wait_seconds"] / wall)
            self.assertAlmostEqual(bucket["edges_per_s"] * wall / bucket["edges"], 1)
        times = [line["time"] for line in self.log]
        self.assertEqual(times, sorted(times))

    def test_buckets_add_up_to_epochs_and_the_run(self):
        for epoch in self.of("epoch"):
            buckets = [b for b in self.of("bucket") if b["epoch"] == epoch["epoch"]]
            self.assertEqual(sum(b["edges"] for b in buckets), epoch["edges"])
            loss = sum(b["edges"] * b["loss"] for b in buckets) / epoch["edges"]
            self.assertAlmostEqual(loss, epoch["loss"], places=9)
            self.assertEqual(epoch["run_edges"], epoch["epoch"] * epoch["edges"])

    def test_held_out_edges_of_a_bucket_are_ranked_before_and_after(self):
        steps = [step for step in self.of("bucket") if "held_out" in step]
        ranked = [step["held_out"] for step in steps]
        self.assertGreater(len(ranked), 4)
        for step, held_out in zip(steps, ranked):
            before, after = held_out["before"], held_out["after"]
            self.assertEqual(before["queries"], after["queries"])
            self.assertLessEqual(before["queries"], step["buckets"] * 2 * 2 * 20)  # two relations, two sides
            for ranks in (before, after):
                self.assertTrue(1 <= ranks["mr"] <= 300 and 0 < ranks["mrr"] <= 1, ranks)
        # Random rows rank in the middle: among about 150 users of a partition, or 100 tweets.
        first = ranked[0]["before"]
        self.assertTrue(40 < first["mr"] < 110, first)
        mean = lambda when: sum(r[when]["mr"] for r in ranked) / len(ranked)
        self.assertLess(mean("after"), 0.95 * mean("before"))
        self.assertLess(ranked[-1]["after"]["mr"], 0.5 * first["mr"])

    def test_the_event_file_says_what_the_log_says(self):
        self.check_events(self.version, self.log)

    def check_events(self, version, log):
        found = list(events(version / "events.out.tfevents.twhin"))
        self.assertEqual(len(found), len(log))
        for (time, step, scalars), line in zip(found, log):
            self.assertEqual((time, step), (line["time"], line["run_edges"]))
            wanted = numbers(line["event"], line)
            self.assertEqual(scalars.keys(), wanted.keys())
            for tag, value in scalars.items():
                self.assertTrue(math.isclose(value, wanted[tag], rel_tol=2**-23), (tag, value, wanted[tag]))
        self.assertIn("bucket/held_out/after/mrr", set().union(*(s for _, _, s in found)))
        self.assertIn("validation/mrr", set().union(*(s for _, _, s in found)))

    def test_a_killed_and_resumed_run_has_each_line_and_event_once(self):
        run = subprocess.Popen([BUILD / "bin/twhin", "train", "config.yaml", "--set", "train.epochs=40"],
                               cwd=self.dir, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        partial = self.dir / "models/all/v2.partial"
        while not (partial / "checkpoints/000009/manifest.json").exists():
            self.assertIsNone(run.poll())
        run.kill()
        run.wait()
        self.twhin("train", "config.yaml", "--set", "train.epochs=40", "--resume")
        version = self.dir / "models/all/v2"
        log = self.lines(version)
        steps = [(b["epoch"], b["lhs_partition"], b["rhs_partition"]) for b in log if b["event"] == "bucket"]
        self.assertEqual(len(steps), 80)
        self.assertEqual(len(set(steps)), 80)
        self.check_events(version, log)
        self.twhin("verify", str(version))

    def test_readers_follow_the_checkpoints_of_a_run_under_way(self):
        """Checkpoints come and go several times a second; each reader gets a whole one."""
        run = subprocess.Popen([BUILD / "bin/twhin", "train", "config.yaml", "--set", "models=followed", "--set",
                                "train.epochs=400", "--set", "train.checkpoint_every=1"], cwd=self.dir,
                               stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        network = self.dir / "followed/all"
        try:
            while not list(network.glob("v1.partial/checkpoints/*/manifest.json")):
                self.assertIsNone(run.poll())
            seen = set()
            for k in range(12):
                words = ["neighbors", network, "user:17"] if k % 4 else ["eval", network, "--split", "valid"]
                result = subprocess.run([BUILD / "bin/twhin", *words, "--follow-checkpoints"], cwd=self.dir,
                                        capture_output=True, text=True, timeout=60)
                self.assertEqual(result.returncode, 0, result.stderr)
                seen.add(next(line for line in result.stderr.splitlines() if "checkpoints/" in line))
            self.assertGreater(len(seen), 1)  # how many: by the speed of readers and run
            self.assertIsNone(run.poll())
        finally:
            run.kill()
            run.wait()

    def test_without_the_option_there_is_no_event_file(self):
        self.twhin("train", "config.yaml", "--set", "train.tensorboard=false", "--set", "train.epochs=1",
                   "--set", "models=plain")
        self.assertEqual(list((self.dir / "plain").rglob("*tfevents*")), [])


if __name__ == "__main__":
    unittest.main()
