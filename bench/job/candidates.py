"""How fast candidates for 75,000 users of higgs_twitter are written to Parquet, among its 75,512 followees.

Called by `scripts/bench candidates.batch`: candidates.py TWHIN CACHE COMMIT DATA [K]. Users and targets are those of
`follow` (targets) and of all relations (users with a mixture, the first 75,000 by name); the model is trained for two
epochs, enough for its rows to be no noise, at dim 128. One JSON line for each way to ask: value is users/s of the whole
command, from its start to the file being in place; target_s is what it should not take longer than.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pyarrow.parquet

from machine import machine

NUM_USERS = 75000
SETTINGS = ("train.dim=128", "train.epochs=2", "train.validate_every=0", "train.uniform_negatives=100")
MIXTURE = ("--mixture", "bench")
WAYS = {
    "unimodal": ("--backend", "exact"),
    "mixture": (*MIXTURE, "--backend", "exact"),
    "mixture.own.rescored": (*MIXTURE, "--backend", "exact", "--representation", "own", "--rescore"),
}


def main(twhin, cache, commit, data, k="50"):
    def run(*words):
        subprocess.run([twhin, *map(str, words)], stdout=subprocess.DEVNULL, check=True)

    root = pathlib.Path(cache) / "candidates.higgs_twitter"
    root.mkdir(parents=True, exist_ok=True)
    config = root / "config.yaml"
    shutil.copy("experiments/configs/higgs_twitter.yaml", config)
    link = root / "data"
    if not link.is_symlink():
        link.symlink_to(data)
    model = root / "models" / "all"
    if not (root / "graph" / "manifest.json").exists():
        run("import", config)
    if not (model / "CURRENT").exists():
        run("train", config, *(word for each in SETTINGS for word in ("--set", each)))
    if not (model / "v1" / "mixtures" / "bench").exists():
        run("mixture", model, "--name", "bench", "--type", "user", "-k", 200, "-m", 3)
    users = root / "users.txt"
    if not users.exists():
        users.write_text("".join(f"{name}\n" for name in names(root, twhin)))

    for way, words in WAYS.items():
        out = root / f"{way}.parquet"
        out.unlink(missing_ok=True)
        begin = time.monotonic()
        child = subprocess.Popen(
            [twhin, "candidates", model, "--relation", "follow", "--items", "linked", "--entities", users, "-k", k,
             *words, "--out", out, "--json", "--quiet"], stdout=subprocess.PIPE, text=True)
        said = json.loads(child.stdout.read())
        said["out"] = out.name
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.monotonic() - begin
        if status != 0:
            sys.exit(f"candidates.py: twhin candidates ended with {status}")
        rows = pyarrow.parquet.read_metadata(out).num_rows
        assert said["lists"] == NUM_USERS and rows == said["candidates"], said
        print(json.dumps({
            "name": f"candidates.batch.{way}", "value": NUM_USERS / seconds, "unit": "users/s", "seconds": seconds,
            "target_s": 60, "users": NUM_USERS, "candidates": rows, "k": int(k), "bytes": out.stat().st_size,
            "peak_rss_bytes": used.ru_maxrss * 1024, "cpu_s": used.ru_utime + used.ru_stime,
            "machine": machine(), "commit": commit, "config": {"dim": 128, "m": 3, "clusters": 200}, "said": said}),
            flush=True)


def names(root, twhin):
    """The first users, by name, that have an edge of any relation as lhs."""
    tables = root / "tables"
    shutil.rmtree(tables, ignore_errors=True)
    subprocess.run([twhin, "export", root / "graph", "--out", tables], stdout=subprocess.DEVNULL, check=True)
    found = set()
    for file in sorted((tables / "edges").glob("*/train.parquet")):
        found.update(pyarrow.parquet.read_table(file, columns=["lhs"]).column("lhs").to_pylist())
    shutil.rmtree(tables)
    return sorted(found, key=int)[:NUM_USERS]


if __name__ == "__main__":
    main(*sys.argv[1:])
