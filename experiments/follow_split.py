"""The split of Who to Follow on higgs_twitter: who follows whom, and what is held out of it.

Of each source of `follow` with at least 10 followees a tenth of them is held out for test and a twentieth for valid,
rounded down; which ones is told by a hash of (seed, source, followee), so that no order of rows and no library decides.
Engagements (retweet, mention, reply; one line a pair, with its count) are written twice: as they are, and without those
that join the two ends of a held-out pair, in either direction.

    follow.train.txt  follow.valid.txt  follow.test.txt         source followee
    kept/retweet.txt  mention.txt  reply.txt                    lhs rhs count
    removed/…                                                   the same without pairs of valid and test
"""
import hashlib
import itertools
import json
import pathlib

ENGAGEMENTS = ("retweet", "mention", "reply")
LEAST_FOLLOWEES = 10
TEST, VALID = 10, 20  # one of so many


def pairs(path):
    with open(path, encoding="ascii") as table:
        return [tuple(map(int, line.split())) for line in table]


def place(seed, lhs, rhs):
    return hashlib.blake2b(f"{seed} {lhs} {rhs}".encode(), digest_size=8).digest()


def divide(follow, seed):
    """Train, valid and test of (source, followee) pairs."""
    train, valid, test = [], [], []
    for source, group in itertools.groupby(sorted(follow), key=lambda pair: pair[0]):
        group = sorted(group, key=lambda pair: place(seed, *pair))
        num_test = len(group) // TEST if len(group) >= LEAST_FOLLOWEES else 0
        num_valid = len(group) // VALID if len(group) >= LEAST_FOLLOWEES else 0
        test += group[:num_test]
        valid += group[num_test:num_test + num_valid]
        train += group[num_test + num_valid:]
    return {"train": train, "valid": valid, "test": test}


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(" ".join(map(str, row)) + "\n" for row in sorted(rows)), encoding="ascii")


def write_split(data, out, seed):
    """Writes the files into `out` and returns their numbers of lines, which split.json there has as well."""
    data, out = pathlib.Path(data), pathlib.Path(out)
    record = out / "split.json"
    if record.exists() and (figures := json.loads(record.read_text()))["seed"] == seed:
        return figures
    follow = divide(pairs(data / "follow.txt"), seed)
    figures = {"seed": seed}
    for name, rows in follow.items():
        write(out / f"follow.{name}.txt", rows)
        figures[name] = len(rows)
    held_out = set(follow["valid"]) | set(follow["test"])
    for relation in ENGAGEMENTS:
        rows = pairs(data / f"{relation}.txt")
        rest = [row for row in rows if row[:2] not in held_out and (row[1], row[0]) not in held_out]
        write(out / "kept" / f"{relation}.txt", rows)
        write(out / "removed" / f"{relation}.txt", rest)
        figures[relation], figures[f"{relation} removed"] = len(rows), len(rows) - len(rest)
    record.write_text(json.dumps(figures) + "\n")
    return figures
