"""Lists of Who to Follow from a version's vectors, exactly: by Eq. 1, and by the user's own vector without the relation."""
import numpy as np

import twhin_files
from recommended import places


class Vectors:
    """Rows of a version by the protocol's users and items; a name that the version lacks has a row of zeros."""

    def __init__(self, version, protocol, relation="follow"):
        version = twhin_files.Version(version)
        lhs, rhs = version.ends(relation)
        self.users = self.rows(version, lhs, protocol.users)
        self.items = self.rows(version, rhs, protocol.items)
        operator = twhin_files.read_container(version.path / "relations.params")[relation].ravel()
        self.operator = operator[:self.users.shape[1]].astype(np.float32)  # what follows is the reciprocal one

    @staticmethod
    def rows(version, type_, wanted):
        names = np.array([int(name) for name in version.names(type_)])
        order = np.argsort(names)
        found = places(names[order], wanted)
        rows = np.asarray(version.rows(type_), np.float32)[order][found]
        rows[found < 0] = 0.0
        return rows


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def queries(vectors):
    """{how is asked: scores of all items for some users}."""
    directions, own_directions = unit(vectors.items), unit(vectors.users)
    return {
        "relation": lambda users: (vectors.users[users] + vectors.operator) @ vectors.items.T,
        "own vector, cosine": lambda users: own_directions[users] @ directions.T,
        "own vector, dot": lambda users: vectors.users[users] @ vectors.items.T,
    }
