"""Lists of recommended items, judged against held-out ones: what every row of a table of recommendations shares.

A list is a row of places of items, the best first, -1 where it has ended. With R the held-out items of a user,
recall@k = hits among the first k / |R|, and mrr = 1 / place of the first hit, 0 without one in the list. Each is kept
by user, so that means have intervals and rows can be compared on the same users.
"""
import numpy as np
from scipy import sparse

LENGTHS = (10, 20, 50, 100)
LONGEST = LENGTHS[-1]
METRICS = tuple(f"recall@{k}" for k in LENGTHS) + ("mrr",)


class Protocol:
    """Users, items and edges of one relation, by place; names are whole numbers.

    known    edges that are not to be recommended again; trained: those that methods may learn from
    asked    users with something to be found
    """

    def __init__(self, trained, known, wanted):
        every = np.concatenate([known, wanted])
        self.users, self.items = np.unique(every[:, 0]), np.unique(every[:, 1])
        self.trained, self.known, self.wanted = (self.matrix(edges) for edges in (trained, known, wanted))
        self.asked = np.flatnonzero(np.diff(self.wanted.indptr))
        self.popularity = np.asarray(self.trained.sum(axis=0)).ravel()
        self.own_item = places(self.items, self.users)  # -1: the user is no item

    def matrix(self, edges, weights=None):
        """Edges of which an end is unknown are left out; equal ones are added up."""
        lhs, rhs = places(self.users, edges[:, 0]), places(self.items, edges[:, 1])
        both = (lhs >= 0) & (rhs >= 0)
        values = np.ones(len(edges)) if weights is None else weights
        return sparse.csr_matrix((values[both].astype(np.float32), (lhs[both], rhs[both])),
                                 shape=(len(self.users), len(self.items)))

    def best(self, scores_of, block=400):
        """Lists of the asked users by `scores_of(users)` [len(users), items]; equal scores go by the item's place."""
        lists = np.empty((len(self.asked), LONGEST), np.int32)
        for begin in range(0, len(self.asked), block):
            users = self.asked[begin:begin + block]
            scores = np.array(scores_of(users), np.float32)
            rows = np.arange(len(users))
            known = self.known[users]
            scores[np.repeat(rows, np.diff(known.indptr)), known.indices] = -np.inf
            is_item = self.own_item[users] >= 0
            scores[rows[is_item], self.own_item[users][is_item]] = -np.inf
            least = -np.partition(-scores, LONGEST - 1, axis=1)[:, LONGEST - 1]
            for row, values in enumerate(scores):
                above = np.flatnonzero(values > least[row])
                above = above[np.argsort(-values[above], kind="stable")]
                equal = np.flatnonzero(values == least[row])[:LONGEST - len(above)]
                best = np.concatenate([above, equal])
                lists[begin + row] = np.where(values[best] > -np.inf, best, -1)
        return lists

    def hits(self, lists):
        """Whether each item of a list [asked, k] is held out for its user."""
        pairs = self.asked[:, None] * len(self.items) + lists
        rows = np.repeat(np.arange(len(self.users)), np.diff(self.wanted.indptr))
        return np.isin(pairs, rows * len(self.items) + self.wanted.indices) & (lists >= 0)

    def judge(self, lists, warm=False):
        """{metric: one value a user}. With `warm` only held-out items with training edges are asked for, and users who
        have none of those have NaN."""
        hits = self.hits(lists)
        seen = self.popularity > 0
        if warm:
            hits &= seen[lists]
        wanted = self.wanted[self.asked]
        num_wanted = wanted @ seen.astype(np.float64) if warm else np.diff(wanted.indptr).astype(np.float64)
        num_wanted = np.where(num_wanted > 0, num_wanted, np.nan)
        first = np.where(hits.any(axis=1), 1.0 / (1 + hits.argmax(axis=1)), 0.0)
        judged = {f"recall@{k}": hits[:, :k].sum(axis=1) / num_wanted for k in LENGTHS}
        judged["mrr"] = np.where(np.isnan(num_wanted), np.nan, first)
        return judged

    def coverage(self, lists, k=10):
        """Share of the items that somebody is recommended among the first k."""
        shown = np.unique(lists[:, :k])
        return np.count_nonzero(shown >= 0) / len(self.items)

    def mean_popularity(self, lists, k=10):
        """Training edges of a recommended item."""
        return float(self.popularity[lists[:, :k]][lists[:, :k] >= 0].mean())


def places(names, wanted):
    """Place of each wanted name among sorted names, -1 if it is not there."""
    found = np.minimum(np.searchsorted(names, wanted), len(names) - 1)
    return np.where(names[found] == wanted, found, -1)


def distance(lists, rows, k=10):
    """Mean over lists of the mean of 1 - cos of two rows among the first k: intra-list distance."""
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    vectors = np.where(lists[:, :k, None] >= 0, unit[lists[:, :k]], 0.0)
    count = (lists[:, :k] >= 0).sum(axis=1)
    total = np.square(vectors.sum(axis=1)).sum(axis=1) - count  # of cosines of ordered pairs of two places
    pairs = np.maximum(count * (count - 1), 1)
    return float(np.where(count > 1, 1.0 - total / pairs, 0.0)[count > 1].mean())


def interval(values, resamples=1000, seed=1):
    """95 % interval of the mean over users, by bootstrap; NaN values count nowhere."""
    values = values[~np.isnan(values)]
    draws = np.random.default_rng(seed)
    means = [values[draws.integers(0, len(values), len(values))].mean() for _ in range(resamples)]
    return [float(bound) for bound in np.percentile(means, (2.5, 97.5))]
