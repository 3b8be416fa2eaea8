"""Lists by mixtures of interests: `twhin mixture` and `twhin candidates`, several kinds of each."""
import dataclasses
import pathlib

import numpy as np
from pyarrow import parquet

import twhin_files
from recommended import LONGEST, places

MOST = 20  # components that a mixture keeps; lists are asked for with the heaviest m of them
SWEEP_K, SWEEP_M = (1, 50, 200, 1000, 4000), (1, 2, 3, 5, 10, 20)


@dataclasses.dataclass(frozen=True)
class Kind:
    """A way to ask by a mixture: k clusters, the m heaviest of a user, and what `twhin candidates` is told besides."""
    label: str
    k: int
    m: int
    arguments: tuple

    @property
    def name(self):
        return f"mixture k={self.k} m={self.m}, {self.label}"

    @property
    def mixture(self):
        return f"k{self.k}"


def representations(k, m):
    """What stands for a component, how it is compared, and who has the last word."""
    for what in ("centroid", "medoid", "own"):
        yield Kind(f"{what}, cosine", k, m, ("--representation", what))
    yield Kind("own, relation", k, m, ("--representation", "own", "--transform-components"))
    yield Kind("own, re-scored", k, m, ("--representation", "own", "--rescore"))


def sweep(ks=SWEEP_K, ms=SWEEP_M):
    """k and m."""
    for k in ks:
        for m in (m for m in ms if m <= k):
            yield Kind("centroid, cosine", k, m, ("--representation", "centroid"))
            yield Kind("own, cosine", k, m, ("--representation", "own"))
            yield Kind("own, relation", k, m, ("--representation", "own", "--transform-components"))


def make_mixture(twhin, version, kind, relation, seed):
    """Unless the version has it. `twhin` runs the program."""
    version = pathlib.Path(version)
    if not (version / "mixtures" / kind.mixture).exists():
        targets = twhin_files.Version(version).ends(relation)[1]
        twhin("mixture", version, "--name", kind.mixture, "--type", targets, "--relations", relation, "-k", kind.k, "-m", MOST,
              "--own-vectors", "stored", "--seed", seed)


def find_lists(twhin, version, kind, relation, split, out, protocol):
    """Lists by `twhin candidates`, exactly, for those who have edges in a split."""
    twhin("candidates", version, "--relation", relation, "--mixture", kind.mixture, "--max-components", kind.m, "--in-split",
          split, "--items", "linked", "--backend", "exact", "-k", LONGEST, "--out", out, *kind.arguments)
    return read_lists(out, protocol)


def read_lists(path, protocol):
    """Lists of the asked users from a table of `twhin candidates --out`; who is not in it has an empty one."""
    table = parquet.read_table(path, columns=["user", "candidate", "rank"])
    user, candidate = (table[name].to_numpy().astype(np.int64) for name in ("user", "candidate"))
    users = places(protocol.users, user)
    rows = places(protocol.asked, users)
    rank = table["rank"].to_numpy() - 1
    wanted = (rows >= 0) & (users >= 0) & (rank < LONGEST)
    lists = np.full((len(protocol.asked), LONGEST), -1, np.int32)
    lists[rows[wanted], rank[wanted]] = places(protocol.items, candidate)[wanted]
    return lists
