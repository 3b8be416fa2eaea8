"""Reads the files of twhin (docs/formats.md) into NumPy arrays, for pictures and for checks by another hand.

    version = Version("run/models/all")          # a version, or a network's directory: then its CURRENT one
    version.rows("user")                         # [n, dim], all partitions one after the other
    version.names("user")                        # n names in the same order
    Graph("run/graph").edges("follow")           # lhs, rhs: places in that order
"""

import json
import struct
from pathlib import Path
from urllib.parse import quote

import numpy as np

BF16 = 8  # the upper half of an f32; NumPy has no such type
TYPES = {1: "<u1", 2: "<u2", 3: "<u4", 4: "<u8", 5: "<i8", 6: "<f4", 7: "<f8", BF16: "<u2", 9: "<f2"}


def file_name(name):
    """A name as a component of a path; names beyond 200 bytes are not supported here."""
    return quote(name, safe="").replace("~", "%7E") if not name.startswith(".") else "%2E" + file_name(name[1:])


def read_container(path):
    """The sections of a container by name, as arrays [rows, cols] or, of one column, [rows]."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    if bytes(data[:8]) != b"TWHINFMT":
        raise ValueError(f"{path}: not a file of twhin")
    table_at, table_size = struct.unpack("<QQ", bytes(data[16:32]))
    table = bytes(data[table_at : table_at + table_size])
    at = 0

    def take(format):
        nonlocal at
        values = struct.unpack_from("<" + format, table, at)
        at += struct.calcsize("<" + format)
        return values

    def take_text():
        nonlocal at
        (size,) = take("I")
        at += size
        return table[at - size : at].decode()

    take_text()  # kind
    sections = {}
    for _ in range(take("I")[0]):
        name = take_text()
        (type_,) = take("I")
        rows, cols, offset, _ = take("QQQQ")
        dtype = np.dtype(TYPES[type_])
        raw = data[offset : offset + rows * cols * dtype.itemsize].view(dtype)
        if type_ == BF16:
            raw = (raw.astype("<u4") << 16).view("<f4")
        sections[name] = raw.reshape(rows, cols) if cols != 1 else raw
    return sections


class Directory:
    """What graphs and versions have in common: a manifest, a schema, names."""

    def __init__(self, path):
        self.path = Path(path)
        self.meta = json.loads((self.path / "manifest.json").read_text())["meta"]
        self.types = {t["name"]: t["partition_sizes"] for t in self.meta["schema"]["entities"]}
        self.relations = {r["name"]: r for r in self.meta["schema"]["relations"]}

    def names(self, type_):
        names = []
        for p in range(len(self.types[type_])):
            part = read_container(self.path / f"vocabulary/{file_name(type_)}.{p}.names")
            text, offsets = part["bytes"].tobytes(), part["offsets"].tolist()
            names += [text[a:b].decode() for a, b in zip(offsets, offsets[1:])]
        return names

    def ends(self, relation):
        """Entity types of a relation's lhs and rhs."""
        return [list(self.types)[self.relations[relation][side]] for side in ("lhs", "rhs")]

    def first_places(self, type_):
        """Place of the first row of each partition."""
        return np.concatenate([[0], np.cumsum(self.types[type_])])


class Version(Directory):
    def __init__(self, path):
        path = Path(path)
        if not (path / "manifest.json").exists():
            path /= (path / "CURRENT").read_text().strip()
        super().__init__(path)

    def rows(self, type_):
        ending = self.meta.get("row_type", "f32")
        files = [self.path / f"embeddings/{file_name(type_)}.{p}.{ending}" for p in range(len(self.types[type_]))]
        rows = np.concatenate([read_container(f)["rows"] for f in files])
        if self.meta.get("global_embedding"):
            rows = rows.astype("<f4") + read_container(self.path / "types.params")[type_]
        return rows


class Graph(Directory):
    def edges(self, relation, split="train"):
        r = self.relations[relation]
        lhs_type, rhs_type = (list(self.types)[r[side]] for side in ("lhs", "rhs"))
        lhs_first, rhs_first = self.first_places(lhs_type), self.first_places(rhs_type)
        folder = self.path / ("edges" if split == "train" else f"splits/{file_name(split)}") / file_name(relation)
        lhs, rhs = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for file in sorted(folder.glob("*.edges")):
            i, j = (int(part) for part in file.name.split(".")[:2])
            bucket = read_container(file)
            lhs.append(bucket["lhs"].astype(np.int64) + lhs_first[i])
            rhs.append(bucket["rhs"].astype(np.int64) + rhs_first[j])
        return np.concatenate(lhs), np.concatenate(rhs)

    def degrees(self, type_, split="train"):
        """Edges of all relations at each entity of a type."""
        degrees = np.zeros(sum(self.types[type_]), np.int64)
        names = list(self.types)
        for name, r in self.relations.items():
            for side, ends in zip(("lhs", "rhs"), self.edges(name, split)):
                if names[r[side]] == type_:
                    degrees += np.bincount(ends, minlength=len(degrees))
        return degrees


def read_truth(generated, type_):
    """Truth of a generated network by name: columns of truth/<type>.{parquet,tsv}, keyed by str(id)."""
    folder = Path(generated) / "truth"
    if (folder / f"{type_}.parquet").exists():
        from pyarrow import parquet

        return parquet.read_table(folder / f"{type_}.parquet").to_pydict()
    from pyarrow import csv

    return csv.read_csv(folder / f"{type_}.tsv", parse_options=csv.ParseOptions(delimiter="\t")).to_pydict()
