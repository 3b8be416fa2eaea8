"""Does training with partitions cost quality? Exact MRR on the generated network, by P and buffer.

Called by `scripts/bench train.partitions.mrr`: partitions.py TWHIN CACHE COMMIT [EDGES]. One JSON object a line; value
is the mean over seeds of the MRR (filtered, against all entities, both sides, test split), ratio that over the one of
P = 1, spread the standard deviation between the seeds of P = 1.
"""

import json
import pathlib
import shutil
import statistics
import subprocess
import sys

SHAPES = [(1, 0), (4, 2), (4, 4), (8, 2), (8, 4), (16, 2), (16, 4)]
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
    base = {}
    for partitions, buffer in SHAPES:
        graph = network / f"graph.p{partitions}"
        setting = [f"graph={graph}", f"entities.user.partitions={partitions}", f"entities.tweet.partitions={partitions}"]
        setting = [word for each in (*setting, *SETTINGS) for word in ("--set", each)]
        if not graph.exists():
            run("import", network / "config.yaml", "--quiet", *setting)
        values = []
        for seed in SEEDS:
            models = network / "models.bench"
            run("train", network / "config.yaml", "--quiet", *setting, "--set", f"models={models}", "--set",
                f"train.seed={seed}", "--set", f"train.buffer={buffer}")
            result = json.loads(run("eval", models / "all", "--json", "--quiet", "--resamples", 0))
            shutil.rmtree(models)
            values.append(next(r["micro"]["mrr"] for r in result["results"] if r["protocol"] == "filtered"))
        value = statistics.mean(values)
        if not base:
            base = {"value": value, "spread": statistics.stdev(values)}
        print(json.dumps({"name": f"train.partitions.mrr.p{partitions}b{buffer}", "value": value, "unit": "MRR",
                          "seeds": values, "ratio": value / base["value"], "spread": base["spread"],
                          "commit": commit}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
