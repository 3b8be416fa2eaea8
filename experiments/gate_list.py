"""The public gates: what each is measured by, which published figures are to be reached, and what is asked beside that.

A figure is picked from what `twhin eval --json` prints; its line, over the seeds, is made by experiments/gates. A claim is
about such lines: the clock, the best of several, defaults against tuned settings. It can be judged where all its gates
have been run.
"""
import dataclasses
import statistics
from typing import Callable

LIBKGE = "LibKGE, best of a long search"
LIGHTGCN = "LightGCN, SIGIR 2020"


@dataclasses.dataclass(frozen=True)
class Metric:
    """A figure of `twhin eval ARGUMENTS --json`, at `path` in what it prints; `published - tolerance` is to be reached."""
    name: str
    arguments: tuple
    path: tuple
    published: float | None = None
    tolerance: float = 0.0
    source: str = ""

    @property
    def goal(self):
        return None if self.published is None else self.published - self.tolerance


@dataclasses.dataclass(frozen=True)
class Gate:
    summary: str
    metrics: tuple
    network: str = ""         # of the config; empty: all relations
    valid: tuple = ()         # settings with which the valid split is held out, where the gate itself trains on it


@dataclasses.dataclass(frozen=True)
class Claim:
    """`judge` gets the lines of the figures by (gate, metric), and returns what was found, as text, and whether it is enough."""
    gate: str
    text: str
    needs: tuple              # gates
    judge: Callable


def ranking(name, published=None, *, key="mrr", arguments=(), tolerance=0.0, source=""):
    return Metric(name, ("--degree-groups", "0", *arguments), ("results", 0, "micro", key), published, tolerance, source)


def recommendation(name, relation, k, published=None):
    key = name.split("@")[0]
    return Metric(name, ("--recommend", relation, "-k", str(k), "--user-groups", "0"), ("results", 0, key), published,
                  0.0, LIGHTGCN if published else "")


def knowledge_graph(summary, published=None):
    return Gate(summary, (ranking("mrr", published, tolerance=0.01, source=LIBKGE if published else ""),
                          ranking("hits@1", key="hits_at_1"), ranking("hits@10", key="hits_at_10")))


def gowalla(summary, recall=None, ndcg=None, *, valid=()):
    return Gate(summary, (recommendation("recall@20", "visit", 20, recall), recommendation("ndcg@20", "visit", 20, ndcg)),
                valid=("sources[1].split=valid", *valid))


def higgs(summary, network=""):
    follow = ("--relations", "follow")
    return Gate(summary, (ranking("mrr of follow", arguments=follow), ranking("mrr of whom", arguments=(*follow, "--sides", "rhs")),
                          recommendation("recall@50", "follow", 50)), network)


def in_time(gate, metric, least, seconds):
    """The clock of training, not of the CPU: it is right only where the machine did nothing else."""
    def judge(lines):
        line = lines[gate, metric]
        found = statistics.median(line["train_seconds"])
        return f"{line['mean']:.4f} in {found:.1f} s", line["mean"] >= least and found <= seconds
    return Claim(gate, f"{metric} {least} in {seconds} s of training", (gate,), judge)


def best_in_time(gates, metric, seconds):
    def judge(lines):
        best = max((lines[gate, metric] for gate in gates), key=lambda line: line["mean"])
        found = max(best["train_seconds"])
        return f"{best['row']} {best['mean']:.4f} in {found:.0f} s", found <= seconds
    return Claim(gates[0].split("-")[0], f"the best {metric} in {seconds // 60} min of training", tuple(gates), judge)


def near(gate, tuned, metric, share=0.9):
    def judge(lines):
        found = lines[gate, metric]["mean"] / lines[tuned, metric]["mean"]
        return f"{found:.3f} of it", found >= share
    return Claim(gate, f"{metric} at least {share} of {tuned}'s", (gate, tuned), judge)


GATES = {
    "fb15k237-translation": knowledge_graph("translation, l2", 0.313),
    "fb15k237-diagonal": knowledge_graph("diagonal (DistMult)", 0.343),
    "fb15k237-complex": knowledge_graph("complex_diagonal (ComplEx)", 0.348),
    "fb15k237-rotation": knowledge_graph("rotation (RotatE)", 0.333),
    "fb15k237-twhin": knowledge_graph("TwHIN's choice: translation, dot, logistic"),
    "fb15k237-defaults": knowledge_graph("entities, relations and sources alone"),
    "gowalla_lightgcn": gowalla("visits and near items; translation, dot, logistic", 0.183, 0.155,
                                valid=("sources[3].path=data/near_items_by_train.txt",)),
    "gowalla_lightgcn-twhin": gowalla("visits alone, with TwHIN's choice: translation, dot, logistic"),
    "gowalla_lightgcn-defaults": gowalla("entities, relations and sources alone"),
    "higgs_twitter-follow": higgs("follow only", "follow"),
    "higgs_twitter": higgs("all four relations"),
    "higgs_twitter-defaults": higgs("entities, relations and sources alone"),
}

CLAIMS = (
    in_time("fb15k237-translation", "mrr", 0.306, 20),
    best_in_time([f"fb15k237-{name}" for name in ("translation", "diagonal", "complex", "rotation")], "mrr", 600),
    near("fb15k237-defaults", "fb15k237-twhin", "mrr"),
    near("gowalla_lightgcn-defaults", "gowalla_lightgcn", "recall@20"),
    near("gowalla_lightgcn-defaults", "gowalla_lightgcn", "ndcg@20"),
    near("higgs_twitter-defaults", "higgs_twitter", "mrr of follow"),
    near("higgs_twitter-defaults", "higgs_twitter", "recall@50"),
)
