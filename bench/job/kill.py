"""A partitioned run of train is killed again and again, at random moments, and goes on each time.

Called by `scripts/bench kill`: kill.py TWHIN CACHE COMMIT [--kills N] [--seconds S]. After each kill every manifest that is
there must verify, byte for byte; when a run has come to its end, its files must be those of an uninterrupted run, bit
for bit, and the next one begins. One JSON object on stdout; value is the number of kills that were survived.
"""

import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from machine import machine

CONFIG = """
graph: graph
models: models
entities: {user: {partitions: 4}, tweet: {}}
relations:
  follow: {lhs: user, rhs: user}
  favorite: {lhs: user, rhs: tweet}
sources:
  - {path: follow.tsv, relation: follow}
  - {path: favorite.tsv, relation: favorite}
split: {valid: 0.02, test: 0.1}
train: {dim: 32, epochs: EPOCHS, batch_negatives: 20, uniform_negatives: 20, deterministic: true, buffer: 2,
        checkpoint_every: 3, keep_checkpoints: 2, validation_edges: 20, tensorboard: true}
"""
NOT_LEARNED = {"metrics.jsonl", "events.out.tfevents.twhin"}  # hold times


def learned(version):
    files = json.loads((version / "manifest.json").read_text())["files"]
    return {name: record for name, record in files.items() if name not in NOT_LEARNED}


class Killer:
    def __init__(self, twhin, folder):
        self.twhin, self.dir = twhin, folder
        self.network = folder / "models/all"
        self.verified = self.resumed = self.whole_runs = 0

    def run(self, *words, **options):
        return subprocess.run([self.twhin, *map(str, words)], cwd=self.dir, capture_output=True, text=True, **options)

    def ok(self, *words):
        result = self.run(*words)
        if result.returncode != 0:
            raise SystemExit(f"kill: twhin {' '.join(map(str, words))} failed\n{result.stderr}")

    def train(self, kill_after=None):
        """Whether the run came to its end."""
        resume = ["--resume"] if self.is_unfinished() else []
        self.resumed += len(resume)
        run = subprocess.Popen([self.twhin, "train", "config.yaml", *resume], cwd=self.dir,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            _, stderr = run.communicate(timeout=kill_after)
        except subprocess.TimeoutExpired:
            run.kill()
            run.communicate()
            return False
        if run.returncode != 0:
            raise SystemExit(f"kill: train failed\n{stderr}")
        return True

    def is_unfinished(self):
        """A directory without a manifest below it is nothing: such a run begins anew."""
        return any(self.network.glob("v*.partial/**/manifest.json"))

    def verify(self):
        for manifest in list(self.network.rglob("manifest.json")):
            self.ok("verify", manifest.parent)
            self.verified += 1


def network(folder, users):
    rng = random.Random(1)
    follow = ((u, u // 50 * 50 + rng.randrange(50)) for u in range(users) for _ in range(20))
    favorite = ((u, u // 50 * 5 + rng.randrange(5)) for u in range(users) for _ in range(5))
    for name, edges in (("follow", follow), ("favorite", favorite)):
        (folder / f"{name}.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in edges))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("twhin")
    parser.add_argument("cache")
    parser.add_argument("commit")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of an uninterrupted run, about")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(dir=options.cache, prefix="kill-") as name:
        folder = pathlib.Path(name)
        network(folder, 2000)
        killer = Killer(pathlib.Path(options.twhin).resolve(), folder)
        epochs = 2
        while True:  # until an uninterrupted run takes long enough
            (folder / "config.yaml").write_text(CONFIG.replace("EPOCHS", str(epochs)))
            if not (folder / "graph").exists():
                killer.ok("import", "config.yaml")
            begin = time.monotonic()
            killer.train()
            seconds = time.monotonic() - begin
            if seconds > 0.7 * options.seconds:
                break
            shutil.rmtree(folder / "models")
            epochs = max(epochs + 1, int(epochs * options.seconds / seconds))
        whole = learned(killer.network / "v1")
        shutil.rmtree(folder / "models")
        kills = 0
        while kills < options.kills:
            if killer.train(kill_after=rng.uniform(0, seconds / 3)):
                if learned(killer.network / "v1") != whole:
                    raise SystemExit(f"kill: after {kills} kills a run ended with other bits (seed {options.seed})")
                killer.whole_runs += 1
                shutil.rmtree(folder / "models")
                continue
            kills += 1
            killer.verify()
        if killer.is_unfinished() or killer.network.exists():
            killer.train()
            if learned(killer.network / "v1") != whole:
                raise SystemExit(f"kill: the last run ended with other bits (seed {options.seed})")
            killer.whole_runs += 1
        print(json.dumps({"name": "kill", "value": kills, "unit": "kills survived", "seed": options.seed,
                          "run_seconds": seconds, "epochs": epochs, "resumed": killer.resumed,
                          "runs_with_equal_bits": killer.whole_runs, "verified": killer.verified,
                          "machine": machine(), "commit": options.commit}))


if __name__ == "__main__":
    sys.exit(main())
