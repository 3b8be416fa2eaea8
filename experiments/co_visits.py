"""Items that the same users visit: a relation of items to items, made from nothing but edges of users to items.

With A the visits as a matrix of users and items, du and di their row and column sums, S = Du^-1/2 A Di^-1/2 is what
LightGCN passes messages by, and S'S, two steps of it, says how near two items are: of the users that they share each
counts 1/du, over the square root of the product of the items' own users. The nearest ones of an item are edges.
"""
import numpy as np
from scipy import sparse


def read_lists(*paths):
    """Users and items of lines `user item item ...`."""
    users, items = [], []
    for path in paths:
        for line in path.read_text().splitlines():
            user, *visited = map(int, line.split())
            users += [user] * len(visited)
            items += visited
    return np.array(users), np.array(items)


def nearest_items(users, items, k):
    """Edges (item, near item): the k nearest other items of each, nearest first, of equally near ones the lower id."""
    ones = np.ones(len(users))
    visits = sparse.csr_matrix((ones, (users, items)))
    scaled = [sparse.diags(1 / np.sqrt(np.maximum(np.asarray(visits.sum(axis)).ravel(), 1))) for axis in (1, 0)]
    steps = (scaled[0] @ visits @ scaled[1]).tocsr()
    back = steps.T.tocsr()
    edges = []
    for first in range(0, back.shape[0], 1000):  # a block at a time: the whole product is dense in its popular items
        near = (back[first:first + 1000] @ steps).tocsr()
        for row in range(near.shape[0]):
            begin, end = near.indptr[row], near.indptr[row + 1]
            ids, values = near.indices[begin:end], near.data[begin:end]
            values = values.round(9)  # sums of other orders differ beyond that; equal is equal
            others = ids != first + row
            ids, values = ids[others], values[others]
            if len(ids) > 4 * k:  # all that could be among the k, with those as near as the last of them
                least = np.partition(values, len(values) - k)[len(values) - k]
                ids, values = ids[values >= least], values[values >= least]
            edges += [(first + row, int(item)) for item in ids[np.lexsort((ids, -values))[:k]]]
    return edges


def write_nearest_items(out, name, *paths, k=10):
    edges = nearest_items(*read_lists(*paths), k)
    (out / name).write_text("".join(f"{item} {near}\n" for item, near in edges))
    return len(edges)
