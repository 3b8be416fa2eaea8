"""experiments/prepare: what is damaged is refused, what is prepared is left alone, and nothing is there by halves."""
import gzip
import hashlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest
from unittest import mock

import numpy
import pyarrow

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "experiments" / "prepare"
LOADER = importlib.machinery.SourceFileLoader("prepare", str(SCRIPT))
prepare = importlib.util.module_from_spec(importlib.util.spec_from_loader("prepare", LOADER))
LOADER.exec_module(prepare)
co_visits, data_sets = prepare.co_visits, prepare.data_sets

EDGES = b"1 2\n1 3\n"


def edges_recipe(archive, out):
    edges = archive.read("edges.txt.gz")
    (out / "edges.txt").write_bytes(edges)
    (out / "names").mkdir()
    (out / "names" / "names.txt").write_bytes(archive.read("names.txt.zst"))
    return {"edges": edges.count(b"\n")}


class PrepareTest(unittest.TestCase):
    """A data directory with one small set, "toy", of a gz and a zst."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data, self.cache = pathlib.Path(folder.name, "data"), pathlib.Path(folder.name, "cache")
        self.set = self.data / "toy"
        self.set.mkdir(parents=True)
        self.recipe = mock.Mock(side_effect=edges_recipe)
        self.expected = {"edges": 2}
        self.write("edges.txt.gz", EDGES, gzip.compress(EDGES))
        self.write("names.txt.zst", b"a\nb\n", pyarrow.Codec("zstd").compress(b"a\nb\n", asbytes=True))
        self.write_readme()

    def write(self, name, raw, stored):
        (self.set / name).write_bytes(stored)
        self.sha256 = {**getattr(self, "sha256", {}), name: hashlib.sha256(raw).hexdigest()}

    def write_readme(self):
        rows = "".join(f"| {name} | 1 | 2 | - CRLF | {sha} |\n" for name, sha in self.sha256.items())
        (self.set / "README.md").write_text("# Toy\n\n| file | stored | raw | lines | sha256 |\n|---|---|---|---|---|\n" + rows)

    def prepare(self):
        toy = data_sets.DataSet(self.recipe, "toy", "here", self.expected)
        with mock.patch.dict(data_sets.DATA_SETS, toy=toy), mock.patch("sys.stderr", io.StringIO()) as printed:
            folder = prepare.prepare("toy", self.data, self.cache)
        self.printed = printed.getvalue()
        return folder

    def assert_refused(self, *parts):
        with self.assertRaises(data_sets.DataError) as caught:
            self.prepare()
        for part in parts:
            self.assertIn(part, str(caught.exception))
        self.assertEqual([p.name for p in self.cache.glob("*toy*") if p.is_dir()], [], "something was left behind")

    def test_plain_files_lie_in_the_folder_and_the_figures_are_said(self):
        folder = self.prepare()
        self.assertEqual((folder / "edges.txt").read_bytes(), EDGES)
        self.assertEqual((folder / "names" / "names.txt").read_bytes(), b"a\nb\n")
        self.assertIn("toy: 2 edges", self.printed)

    def test_another_content_than_the_readme_says_is_refused(self):
        (self.set / "edges.txt.gz").write_bytes(gzip.compress(EDGES + b"9 9\n"))
        self.assert_refused("edges.txt.gz is damaged", "expected:  sha256 " + self.sha256["edges.txt.gz"])

    def test_a_truncated_gz_is_refused(self):
        (self.set / "edges.txt.gz").write_bytes(gzip.compress(EDGES)[:-9])
        self.assert_refused("edges.txt.gz is damaged", "found:", "hint:")

    def test_a_truncated_or_flipped_zst_is_refused(self):
        stored = (self.set / "names.txt.zst").read_bytes()
        for damaged in (stored[:-3], stored[:3] + b"\xff" + stored[4:], b""):
            (self.set / "names.txt.zst").write_bytes(damaged)
            self.assert_refused("names.txt.zst is damaged")

    def test_a_missing_file_or_readme_is_named(self):
        (self.set / "names.txt.zst").unlink()
        self.assert_refused("names.txt.zst is missing")
        (self.set / "README.md").unlink()
        self.assert_refused("is no data set", "README.md")

    def test_figures_other_than_the_published_ones_are_refused(self):
        self.expected = {"edges": 3}
        self.assert_refused("edges 2 instead of 3")

    def test_a_prepared_set_is_left_alone(self):
        before = (self.prepare() / "edges.txt").stat()
        (self.set / "edges.txt.gz").write_bytes(b"no longer read")
        after = (self.prepare() / "edges.txt").stat()
        self.assertEqual((self.recipe.call_count, before.st_ino), (1, after.st_ino))
        self.assertIn("toy: 2 edges", self.printed)

    def test_it_is_made_again_if_a_file_is_gone_the_source_or_the_recipes_changed(self):
        (self.prepare() / "names" / "names.txt").unlink()
        self.assertTrue((self.prepare() / "names" / "names.txt").exists())
        self.write("edges.txt.gz", b"5 6\n7 8\n", gzip.compress(b"5 6\n7 8\n"))
        self.write_readme()
        self.assertEqual((self.prepare() / "edges.txt").read_bytes(), b"5 6\n7 8\n")
        with mock.patch.object(prepare, "recipe_id", return_value="another"):
            self.prepare()
        self.assertEqual(self.recipe.call_count, 4)

    def test_it_is_made_again_if_a_byte_of_it_is_another(self):
        (self.prepare() / "edges.txt").write_bytes(b"1 2\n1 4\n")
        self.assertEqual((self.prepare() / "edges.txt").read_bytes(), EDGES)

    def test_its_content_has_a_name_that_equal_files_share(self):
        def content():
            return json.loads((self.prepare() / "prepared.json").read_text())["content"]
        first = content()
        with mock.patch.object(prepare, "recipe_id", return_value="another"):
            self.assertEqual(content(), first)
        self.write("edges.txt.gz", b"5 6\n7 8\n", gzip.compress(b"5 6\n7 8\n"))
        self.write_readme()
        self.assertNotEqual(content(), first)

    def test_an_older_folder_stays_if_making_it_again_fails(self):
        folder = self.prepare()
        (folder / "names" / "names.txt").unlink()
        self.recipe.side_effect = OSError("no space left on device")
        with self.assertRaises(OSError):
            self.prepare()
        self.assertEqual((folder / "edges.txt").read_bytes(), EDGES)
        self.assertEqual(list(self.cache.glob(".toy.partial.*")), [])

    def test_what_a_killed_run_left_behind_is_removed(self):
        left_behind = self.cache / ".toy.partial.abc"
        left_behind.mkdir(parents=True)
        self.prepare()
        self.assertFalse(left_behind.exists())

    def test_a_tar_that_leaves_its_folder_is_refused(self):
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("../outside.txt"))
        with self.assertRaisesRegex(data_sets.DataError, "outside its own folder: ../outside.txt"):
            data_sets.extract(tar.getvalue(), self.set)


class CoVisitsTest(unittest.TestCase):
    """Users 0 and 1 share items 0 and 1; user 2 has items 1 and 2; user 3 item 2 alone, and nobody item 3."""

    VISITS = (numpy.array([0, 0, 1, 1, 2, 2, 3]), numpy.array([0, 1, 0, 1, 1, 2, 2]))

    def test_an_item_is_nearest_to_those_that_share_most_of_its_users(self):
        # Of 0 and 1: (1/2 + 1/2) / sqrt(2 * 3); of 1 and 2: 1/2 / sqrt(3 * 2); 0 and 2 share nobody.
        self.assertEqual(co_visits.nearest_items(*self.VISITS, 2), [(0, 1), (1, 0), (1, 2), (2, 1)])
        self.assertEqual(co_visits.nearest_items(*self.VISITS, 1), [(0, 1), (1, 0), (2, 1)])

    def test_it_is_what_the_whole_matrix_says(self):
        rng = numpy.random.default_rng(1)
        visits = rng.random((60, 50)) < 0.3 * rng.random(50)
        scaled = visits / numpy.sqrt(numpy.maximum(visits.sum(1, keepdims=True), 1)) / numpy.sqrt(numpy.maximum(visits.sum(0), 1))
        near = (scaled.T @ scaled).round(9)
        numpy.fill_diagonal(near, 0)
        expected = [(i, int(j)) for i in range(50) for j in numpy.argsort(-near[i], kind="stable")[:3] if near[i, j] > 0]
        self.assertEqual(co_visits.nearest_items(*numpy.nonzero(visits), 3), expected)

    def test_nothing_but_the_files_that_are_named_is_used(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "train.txt").write_text("0 0 1\n1 2\n")
            (folder / "valid.txt").write_text("0\n1 0\n")
            self.assertEqual(co_visits.write_nearest_items(folder, "near.txt", folder / "train.txt"), 2)
            self.assertEqual((folder / "near.txt").read_text(), "0 1\n1 0\n")
            co_visits.write_nearest_items(folder, "near.txt", folder / "train.txt", folder / "valid.txt")
            self.assertEqual((folder / "near.txt").read_text(), "0 1\n0 2\n1 0\n2 0\n")


@unittest.skipUnless(os.environ.get("TWHIN_DATA_DIR"), "TWHIN_DATA_DIR is not set")
class RealSetsTest(unittest.TestCase):
    def test_every_set_has_the_figures_that_are_published_of_it(self):
        with tempfile.TemporaryDirectory() as cache:
            run = subprocess.run([SCRIPT, *data_sets.DATA_SETS], capture_output=True, text=True,
                                 env={**os.environ, "TWHIN_CACHE_DIR": cache})
            self.assertEqual(run.returncode, 0, run.stderr)
            folders = {pathlib.Path(line).name: pathlib.Path(line) for line in run.stdout.splitlines()}
            self.assertEqual(list(folders), list(data_sets.DATA_SETS))
            follow = (folders["higgs_twitter"] / "follow.txt").read_bytes()
            self.assertEqual((follow.count(b"\n"), follow.count(b"\n22732 ")), (355051, 0))
            self.assertTrue((folders["fb15k237"] / "test.txt").read_bytes().endswith(b"\r\n"))


class CommandTest(unittest.TestCase):
    def run_prepare(self, *arguments, **environment):
        env = {key: value for key, value in os.environ.items() if key != "TWHIN_DATA_DIR"}
        run = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, env={**env, **environment})
        return run.returncode, run.stdout, run.stderr

    def test_an_unknown_set_is_refused_with_the_known_ones(self):
        status, _, message = self.run_prepare("higgs")
        self.assertEqual(status, 2)
        self.assertIn('error: unknown data set "higgs"', message)
        self.assertIn("higgs_twitter", message)

    def test_without_a_data_directory_it_says_where_to_look(self):
        status, _, message = self.run_prepare("kge_small")
        self.assertEqual(status, 2)
        self.assertIn("TWHIN_DATA_DIR is not set", message)

    def test_without_a_name_it_lists_the_sets(self):
        status, listed, _ = self.run_prepare()
        self.assertEqual(status, 2)
        self.assertTrue(all(name in listed for name in data_sets.DATA_SETS))


if __name__ == "__main__":
    unittest.main()
