"""Does training with partitions cost quality? Exact MRR on the generated network, by P and buffer.

Called by `scripts/bench train.partitions.mrr`: partitions.py TWHIN CACHE COMMIT [EDGES]. One JSON object a line; value
is the mean over seeds of the MRR (filtered, against all entities, both sides, test split), ratio that over the one of
P = 1, spread the standard deviation between the seeds of P = 1. The logistic loss gives scores a scale of their own;
softmax compares within a partition only.
"""

import json
import pathlib
import shutil
import statistics
import subprocess
import sys

from machine import machine

SHAPES = [(1, 0), (4, 2), (4, 4), (8, 2), (8, 4), (16, 2), (16, 4)]
# Name of a loss, parts of each bucket, and what else is set.
KINDS = [("softmax", 1, []), ("logistic", 1, ["train.negative_weight=mean"])]
SEEDS = (1, 2, 3)
# Less than the network's own settings, so that 21 runs end in minutes.
SETTINGS = ("train.dim=64", "train.uniform_negatives=200", "train.validate_every=0")


def main(twhin, cache, commit, edges="300000"):
    def run(*words):
        done = subprocess.run([twhin, *map(str, words)], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    network = pathlib.Path(cache) / f"generated.{edges}"
    if not (network / "config.yaml").exists():
        run("generate", network, "--edges", edges, "--quiet")
    for loss, chunks, settings in KINDS:
        base = {}
        for partitions, buffer in SHAPES:
            wanted = [*SETTINGS, *settings, f"train.loss={loss}", f"train.buffer={buffer}",
                      f"train.edge_chunks={chunks if partitions > 1 else 1}"]
            values = [mrr_of(run, network, partitions, [*wanted, f"train.seed={seed}"]) for seed in SEEDS]
            value = statistics.mean(values)
            if not base:
                base = {"value": value, "spread": statistics.stdev(values)}
            print(json.dumps({"name": f"train.partitions.mrr.{loss}.p{partitions}b{buffer}.chunks{chunks}",
                              "value": value, "unit": "MRR", "seeds": values, "ratio": value / base["value"],
                              "spread": base["spread"], "edges": int(edges), "machine": machine(),
                              "commit": commit}), flush=True)


def mrr_of(run, network, partitions, wanted):
    graph, models = network / f"graph.p{partitions}", network / "models.bench"
    settings = [f"graph={graph}", f"entities.user.partitions={partitions}", f"entities.tweet.partitions={partitions}",
                f"models={models}", *wanted]
    settings = [word for each in settings for word in ("--set", each)]
    if not graph.exists():
        run("import", network / "config.yaml", "--quiet", *settings)
    shutil.rmtree(models, ignore_errors=True)  # of a run that was cut short
    run("train", network / "config.yaml", "--quiet", *settings)
    result = json.loads(run("eval", models / "all", "--json", "--quiet", "--resamples", 0))
    shutil.rmtree(models)
    return next(r["micro"]["mrr"] for r in result["results"] if r["protocol"] == "filtered")


if __name__ == "__main__":
    main(*sys.argv[1:])
