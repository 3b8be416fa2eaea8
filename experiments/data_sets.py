"""The real data sets: how each one's archive becomes plain files, and the figures that those must have.

A set is a folder of TWHIN_DATA_DIR with a README.md whose table gives each file's sha256 over the raw (unpacked)
bytes. A recipe reads those through `Archive`, writes plain files into a folder and returns what it counted;
`expected` are the figures that the set's README states. Files are otherwise left as their source has them: line ends
(FB15k-237 has CRLF), header lines and encodings are the importer's business.
"""
import collections
import csv
import dataclasses
import gzip
import hashlib
import io
import pathlib
import re
import tarfile
import zipfile
from typing import Callable

import pyarrow

from co_visits import write_nearest_items


class DataError(Exception):
    """What is wrong, where, what was found and expected; the message is printed as it is."""

    def __init__(self, what, **parts):
        lines = [what] + [f"  {label + ':':<10} {text}" for label, text in parts.items() if text]
        super().__init__("\n".join(lines))


class Archive:
    """The files of one set. Nothing is handed out whose raw bytes do not have the README's sha256."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        readme = self.folder / "README.md"
        if not readme.is_file():
            raise DataError(f"{self.folder} is no data set", expected=f"{readme}, with the sha256 of each file",
                            hint="set TWHIN_DATA_DIR to the folder that holds the sets")
        row = re.compile(r"^\| *(\S+) *\|.*\| *([0-9a-f]{64}) *\|$", re.MULTILINE)
        self.sha256 = dict(row.findall(readme.read_text(encoding="utf-8")))

    def stored(self, name):
        """The bytes as they lie on disk, after read() has found their content to be right."""
        self.read(name)
        return (self.folder / name).read_bytes()

    def read(self, name):
        """The raw bytes: unpacked from .zst, .gz (a .tar.gz gives the tar) or the one file in a .zip."""
        path = self.folder / name
        if name not in self.sha256:
            raise DataError(f"{self.folder / 'README.md'} has no sha256 for {name}")
        try:
            raw = unpack(path)
        except FileNotFoundError:
            raise DataError(f"{path} is missing", hint="README.md beside it says where it comes from") from None
        except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
            raise self.damaged(path, str(error)) from error
        found = hashlib.sha256(raw).hexdigest()
        if found != self.sha256[name]:
            raise self.damaged(path, f"sha256 {found} over {len(raw):,} raw bytes", f"sha256 {self.sha256[name]}")
        return raw

    @staticmethod
    def damaged(path, found, expected=None):
        return DataError(f"{path} is damaged", found=found, expected=expected,
                         hint="fetch it again; README.md beside it says from where")


def unpack(path):
    stored = path.read_bytes()
    if path.suffix == ".zst":
        return pyarrow.CompressedInputStream(pyarrow.py_buffer(stored), "zstd").read()
    if path.suffix == ".gz":
        return gzip.decompress(stored)
    if path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(stored)) as archive:
            (member,) = archive.namelist()
            return archive.read(member)
    return stored


def extract(tar, out):
    """Writes the regular files of a tar into `out`, and returns how many."""
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        for member in members:
            path = (out / member.name).resolve()
            if out.resolve() not in path.parents:
                raise DataError(f"the archive has a file outside its own folder: {member.name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.extractfile(member).read())
    return len(members)


def rows(raw, separator=None):
    return [line.split(separator) for line in raw.decode("utf-8").splitlines()]


def num_distinct(*columns):
    return len(set().union(*columns))


def knowledge_graph(out, prefix=""):
    """Counts of train.txt, valid.txt, test.txt with TAB-separated head, relation, tail."""
    parts = {name: rows((out / f"{name}.txt").read_bytes(), "\t") for name in ("train", "valid", "test")}
    triples = [triple for part in parts.values() for triple in part]
    facts = {f"{prefix}entities": num_distinct((t[0] for t in triples), (t[2] for t in triples)),
             f"{prefix}relations": num_distinct(t[1] for t in triples)}
    facts.update({f"{prefix}{name} triples": len(part) for name, part in parts.items()})
    return facts


def fb15k237(archive, out):
    extract(archive.read("FB15k-237.tar.gz"), out)
    return knowledge_graph(out)


def kge_small(archive, out):
    facts = {}
    for name in ("kinship", "nations", "umls"):
        extract(archive.read(f"{name}.tar.gz"), out / name)
        facts.update(knowledge_graph(out / name, f"{name} "))
    return facts


def higgs_twitter(archive, out):
    cut_off = "22732"  # the source's file ends in the middle of this user's followees
    follow = [row for row in rows(archive.read("higgs-social_network.edgelist.truncated.zst")) if row[0] != cut_off]
    (out / "follow.txt").write_text("".join(f"{lhs} {rhs}\n" for lhs, rhs in follow))
    facts = {"follow edges": len(follow), "follow sources": num_distinct(row[0] for row in follow),
             "followees": num_distinct(row[1] for row in follow)}

    # userA userB unix_time interaction; left packed, since import reads gz
    activity = rows(archive.read("higgs-activity_time.txt.gz"))
    (out / "activity.txt.gz").write_bytes(archive.stored("higgs-activity_time.txt.gz"))
    events = collections.Counter(row[3] for row in activity)
    facts.update({f"{kind} events": events[kind] for kind in ("RT", "MT", "RE")})
    facts["active users"] = num_distinct((row[0] for row in activity), (row[1] for row in activity))

    for name in ("retweet", "mention", "reply"):
        raw = archive.read(f"higgs-{name}_network.edgelist.gz")  # userA userB number_of_events
        (out / f"{name}.txt").write_bytes(raw)
        facts[f"{name} pairs"] = len(rows(raw))
    return facts


def gowalla_lightgcn(archive, out):
    facts, users, items = {}, set(), set()
    for name in ("train", "valid", "test"):  # user item item ...
        raw = archive.read(f"{name}.txt.zst")
        (out / f"{name}.txt").write_bytes(raw)
        lists = rows(raw)
        users.update(row[0] for row in lists)
        items.update(item for row in lists for item in row[1:])
        facts[f"{name} edges"] = sum(len(row) - 1 for row in lists)
    for name in ("user_list", "item_list"):  # header, then original id and the id used above
        (out / f"{name}.txt").write_bytes(archive.read(f"{name}.txt.zst"))
    # Of the published training set, and of what is left of it where valid is held out; nothing of test in either.
    train, valid = out / "train.txt", out / "valid.txt"
    facts["near items"] = write_nearest_items(out, "near_items.txt", train, valid)
    facts["near items by train"] = write_nearest_items(out, "near_items_by_train.txt", train)
    return {"users": len(users), "items": len(items), **facts}


def mathoverflow_temporal(archive, out):
    facts, everybody = {}, set()
    for name in ("a2q", "c2q", "c2a"):  # src dst unix_time
        raw = archive.read(f"sx-mathoverflow-{name}.txt.gz")
        (out / f"{name}.txt").write_bytes(raw)
        events = rows(raw)
        users = {row[0] for row in events} | {row[1] for row in events}
        everybody |= users
        facts.update({f"{name} events": len(events), f"{name} users": len(users)})
    return {**facts, "users": len(everybody)}


def deskdrop(archive, out):
    raw = archive.read("users_interactions.csv.zip")
    (out / "users_interactions.csv").write_bytes(raw)
    events = list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))
    kinds = collections.Counter(event["eventType"] for event in events)
    return {"events": len(events), **{kind: kinds[kind] for kind in sorted(kinds)},
            "persons": num_distinct(event["personId"] for event in events),
            "articles": num_distinct(event["contentId"] for event in events)}


def lastfm_hetrec2011(archive, out):
    for name in ("artists", "tags", "user_artists", "user_friends"):
        (out / f"{name}.dat").write_bytes(archive.read(f"{name}.dat.zst"))
    # One table in two files, each with the header line; an empty line ends the first.
    first, second = (archive.read(f"user_taggedartists{part}.dat.zst") for part in ("", "_2"))
    second_header, second = second.split(b"\n", 1)
    if not first.startswith(second_header + b"\n"):
        raise DataError("the two files of user_taggedartists have different columns")
    (out / "user_taggedartists.dat").write_bytes(first.rstrip(b"\r\n") + b"\r\n" + second)
    listens, friends, tagged = (rows((out / f"{name}.dat").read_bytes(), "\t")[1:]
                                for name in ("user_artists", "user_friends", "user_taggedartists"))
    return {"users": num_distinct(row[0] for row in listens), "artists": num_distinct(row[1] for row in listens),
            "listens": len(listens), "friend rows": len(friends), "tag assignments": len(tagged),
            "tagged artists": num_distinct(row[1] for row in tagged), "tags used": num_distinct(row[2] for row in tagged)}


def stormfront_hate(archive, out):
    facts = {"sentence files": extract(archive.read("all_files.tar.zst"), out)}
    for name in ("annotations_metadata.csv", "sampled_train.lst", "sampled_test.lst"):
        (out / name).write_bytes(archive.read(f"{name}.zst"))
    sentences = list(csv.DictReader(io.StringIO((out / "annotations_metadata.csv").read_text(encoding="utf-8"))))
    labels = collections.Counter(sentence["label"] for sentence in sentences)
    return {**facts, "sentences": len(sentences), "hate": labels["hate"], "noHate": labels["noHate"],
            "relation": labels["relation"], "idk/skip": labels["idk/skip"],
            "authors": num_distinct(sentence["user_id"] for sentence in sentences),
            "sub-forums": num_distinct(sentence["subforum_id"] for sentence in sentences)}


@dataclasses.dataclass(frozen=True)
class DataSet:
    recipe: Callable  # (Archive, output folder) -> {figure: value}
    summary: str
    origin: str
    expected: dict    # {figure: value}; a recipe may return more, which are only printed
    note: str = ""    # what was left out, printed with the figures


DATA_SETS = {
    "fb15k237": DataSet(
        fb15k237, "knowledge graph FB15k-237", "TimDettmers/ConvE on GitHub; Toutanova & Chen, CVSC 2015",
        {"entities": 14541, "relations": 237, "train triples": 272115, "valid triples": 17535, "test triples": 20466}),
    "kge_small": DataSet(
        kge_small, "knowledge graphs Kinship, Nations, UMLS", "TimDettmers/ConvE on GitHub; Kok & Domingos, ICML 2007",
        {"kinship entities": 104, "kinship relations": 25, "nations entities": 14, "nations relations": 55,
         "umls entities": 135, "umls relations": 46}),
    "higgs_twitter": DataSet(
        higgs_twitter, "Twitter during one week of 2012: follow, retweet, mention, reply",
        "SNAP, Higgs Twitter; De Domenico et al., Scientific Reports 3:2980, 2013",
        {"follow edges": 355051, "follow sources": 5394, "followees": 75512, "RT events": 354930, "MT events": 171237,
         "RE events": 36902, "active users": 304691, "retweet pairs": 328132, "mention pairs": 150818,
         "reply pairs": 32523},
        "left out: follow source 22732, whose list of followees is cut off; the sources are a prefix of a crawl"),
    "gowalla_lightgcn": DataSet(
        gowalla_lightgcn, "Gowalla check-ins, split of NGCF and LightGCN",
        "gusye1234/LightGCN-PyTorch and geon0325/LightGCNpp on GitHub; Wang et al., SIGIR 2019",
        {"users": 29858, "items": 40981, "train edges": 719081, "valid edges": 91047, "test edges": 217242}),
    "mathoverflow_temporal": DataSet(
        mathoverflow_temporal, "MathOverflow, six years of answers and comments",
        "SNAP, sx-mathoverflow; Paranjape, Benson, Leskovec, WSDM 2017",
        {"a2q events": 107581, "a2q users": 21688, "c2q events": 203639, "c2q users": 16836, "c2a events": 195330,
         "c2a users": 13840, "users": 24818}),
    "deskdrop": DataSet(
        deskdrop, "articles viewed, liked, bookmarked and commented in a company",
        "Kaggle, Articles sharing and reading from CI&T DeskDrop, 2017",
        {"events": 72312, "VIEW": 61086, "LIKE": 5745, "BOOKMARK": 2463, "COMMENT CREATED": 1611, "FOLLOW": 1407,
         "persons": 1895, "articles": 2987}),
    "lastfm_hetrec2011": DataSet(
        lastfm_hetrec2011, "Last.fm listening counts, friends and tags",
        "GroupLens, HetRec 2011; Cantador, Brusilovsky, Kuflik, RecSys 2011",
        {"users": 1892, "artists": 17632, "listens": 92834, "friend rows": 25434, "tag assignments": 186478,
         "tagged artists": 12523, "tags used": 9749}),
    "stormfront_hate": DataSet(
        stormfront_hate, "forum sentences labelled hate or noHate (offensive text)",
        "Vicomtech/hate-speech-dataset on GitHub; de Gibert et al., ALW2 2018",
        {"sentence files": 10944, "sentences": 10944, "hate": 1196, "noHate": 9507, "relation": 168, "idk/skip": 73,
         "authors": 2792, "sub-forums": 21}),
}
