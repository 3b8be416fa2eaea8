"""experiments/table1: what is held out, how lists are judged, and what the baselines count."""
import importlib.machinery
import importlib.util
import os
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv" / "bin" / "python"
if pathlib.Path(sys.prefix).resolve() != PYTHON.parent.parent.resolve() and PYTHON.exists():
    os.execv(PYTHON, [str(PYTHON), *sys.argv])
sys.path.insert(0, str(ROOT / "experiments"))
sys.dont_write_bytecode = True
import numpy as np  # noqa: E402
import pyarrow  # noqa: E402
from pyarrow import parquet  # noqa: E402

import follow_baselines  # noqa: E402
import follow_mixtures  # noqa: E402
import follow_split  # noqa: E402
import recommended  # noqa: E402
from recommended import Protocol, distance, interval  # noqa: E402


def load_driver():
    loader = importlib.machinery.SourceFileLoader("table1", str(ROOT / "experiments" / "table1"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("table1", loader))
    sys.modules["table1"] = module
    loader.exec_module(module)
    return module


class Split(unittest.TestCase):
    def setUp(self):
        self.follow = [(1, 100 + i) for i in range(29)] + [(2, 100 + i) for i in range(9)]
        self.parts = follow_split.divide(self.follow, seed=1)

    def test_a_tenth_and_a_twentieth_of_each_list_of_ten_or_more_are_held_out(self):
        self.assertEqual((len(self.parts["test"]), len(self.parts["valid"])), (2, 1))
        self.assertEqual({source for source, _ in self.parts["test"] + self.parts["valid"]}, {1})

    def test_each_pair_is_in_one_part(self):
        self.assertEqual(sorted(sum(self.parts.values(), [])), sorted(self.follow))

    def test_another_order_of_rows_is_the_same_split_and_another_seed_is_not(self):
        self.assertEqual(follow_split.divide(self.follow[::-1], seed=1), self.parts)
        self.assertNotEqual(follow_split.divide(self.follow, seed=2), self.parts)

    def test_engagements_of_held_out_pairs_are_removed_in_both_directions(self):
        held_out = self.parts["test"][0]
        with tempfile.TemporaryDirectory() as folder:
            data, out = pathlib.Path(folder) / "data", pathlib.Path(folder) / "out"
            follow_split.write(data / "follow.txt", self.follow)
            for relation in follow_split.ENGAGEMENTS:
                follow_split.write(data / f"{relation}.txt", [(*held_out, 3), (*held_out[::-1], 1), (7, 8, 1)])
            figures = follow_split.write_split(data, out, seed=1)
            self.assertEqual(figures["reply removed"], 2)
            self.assertEqual(follow_split.pairs(out / "removed" / "reply.txt"), [(7, 8, 1)])
            self.assertEqual(len(follow_split.pairs(out / "kept" / "reply.txt")), 3)


class Judging(unittest.TestCase):
    """Users 1 and 2, items 10 … 309. User 1 knows 10 and 11 and is asked for 12 and 13, which nobody knows."""

    def setUp(self):
        known = np.array([(1, 10), (1, 11)] + [(2, item) for item in range(20, 310)] + [(2, 10)])
        wanted = np.array([(1, 12), (1, 20), (2, 11)])
        self.protocol = Protocol(known, known, wanted)

    def place(self, item):
        return int(np.searchsorted(self.protocol.items, item))

    def test_known_items_are_not_recommended(self):
        lists = self.protocol.best(lambda users: np.ones((len(users), len(self.protocol.items))))
        for row, user in enumerate(self.protocol.asked):
            known = set(self.protocol.known[user].indices)
            competing = len(self.protocol.items) - len(known)
            self.assertFalse(known & set(lists[row]))
            self.assertEqual(np.count_nonzero(lists[row] >= 0), min(competing, recommended.LONGEST))

    def test_the_best_come_first_and_equal_ones_by_place(self):
        scores = np.zeros((2, len(self.protocol.items)))
        scores[0, self.place(30)] = 2.0
        scores[0, self.place(25)] = 3.0
        lists = self.protocol.best(lambda users: scores[: len(users)])
        self.assertEqual(list(lists[0][:4]), [self.place(25), self.place(30), self.place(12), self.place(20)])

    def test_recall_and_mrr_of_a_list_by_hand(self):
        lists = np.full((2, recommended.LONGEST), -1)
        lists[0, 4] = self.place(20)
        lists[0, 15] = self.place(12)
        judged = self.protocol.judge(lists)
        self.assertEqual((judged["recall@10"][0], judged["recall@20"][0], judged["mrr"][0]), (0.5, 1.0, 0.2))
        self.assertEqual((judged["recall@100"][1], judged["mrr"][1]), (0.0, 0.0))

    def test_warm_asks_only_for_items_with_training_edges(self):
        lists = np.full((2, recommended.LONGEST), -1)
        lists[0, :2] = self.place(12), self.place(20)
        judged = self.protocol.judge(lists, warm=True)
        self.assertEqual((judged["recall@10"][0], judged["mrr"][0]), (1.0, 0.5))

    def test_a_place_that_is_empty_is_no_hit(self):
        known = np.array([(1, 10), (2, 11)])  # the place before user 2's first item is user 1's last one, which is wanted
        protocol = Protocol(known, known, np.array([(1, 12), (2, 10)]))
        self.assertFalse(protocol.hits(np.full((2, recommended.LONGEST), -1)).any())


class Figures(unittest.TestCase):
    def test_distance_is_the_mean_over_pairs(self):
        rows = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
        lists = np.array([[0, 1, 2]])
        self.assertAlmostEqual(distance(lists, rows), 2 / 3)  # pairs: 1, 1, 0
        self.assertAlmostEqual(distance(np.array([[0, 1, -1]]), rows), 1.0)

    def test_an_interval_holds_the_mean_and_ignores_who_was_not_asked(self):
        low, high = interval(np.array([0.0, 1.0] * 200 + [np.nan]))
        self.assertTrue(0.4 < low < 0.5 < high < 0.6)

    def test_baselines_count(self):
        known = np.array([(1, 10), (1, 11), (2, 10), (2, 11), (2, 12), (3, 13), (4, 14)])
        protocol = Protocol(known, known, np.array([(1, 12)]))
        self.assertEqual(list(follow_baselines.popularity(protocol)(np.array([0]))[0]), [2, 2, 1, 1, 1])
        scores = follow_baselines.neighbours(protocol, count=1)(np.array([0]))[0]
        self.assertGreater(scores[2], 0.0)
        self.assertEqual(scores[3], 0.0)
        engaged = protocol.matrix(np.array([(1, 14)]))
        scores = follow_baselines.engaged_then(protocol, engaged, follow_baselines.popularity(protocol))(np.array([0]))[0]
        self.assertEqual(int(scores.argmax()), 4)


class Mixtures(unittest.TestCase):
    def test_lists_of_a_table_lie_in_the_rows_of_those_who_ask_by_rank(self):
        known = np.array([(1, 10), (2, 11), (3, 12)])
        protocol = Protocol(known, known, np.array([(1, 12), (3, 10)]))  # 2 does not ask
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "lists.parquet"
            parquet.write_table(pyarrow.table({"user": ["3", "3", "2", "1", "9"], "candidate": ["11", "10", "12", "12", "12"],
                                               "rank": [2, 1, 1, 1, 1]}), path)
            lists = follow_mixtures.read_lists(path, protocol)
        self.assertEqual(lists[:, :3].tolist(), [[2, -1, -1], [0, 1, -1]])

    def test_each_kind_is_a_row_of_its_own(self):
        for kinds in (follow_mixtures.representations(200, 5), follow_mixtures.sweep()):
            names = [kind.name for kind in kinds]
            self.assertEqual(len(names), len(set(names)))


class Driver(unittest.TestCase):
    def test_each_learned_row_has_a_config_with_its_network(self):
        table1 = load_driver()
        for row, learned in table1.ROWS.items():
            if learned is None:
                continue
            config = (ROOT / "experiments" / "configs" / f"{learned.config}.yaml").read_text()
            self.assertIn(f"  {learned.network}: [follow", config, row)


if __name__ == "__main__":
    unittest.main()
