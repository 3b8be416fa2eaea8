"""twhin candidates on a small network on disk: one who asks, many, all; tables, JSON lines and files."""

import json
import pathlib
import shutil
import tempfile
import unittest

import pyarrow.parquet

from verbs import SmallNetworkTest, run, twhin


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


class Candidates(SmallNetworkTest):
    def output(self, *words, stdin=None):
        return super().output("candidates", self.models, *words, "--quiet", stdin=stdin)

    def lists(self, *words, stdin=None):
        return lines_of(self.output(*words, "--json", stdin=stdin))

    def file(self, name, *lines):
        path = self.root / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def known(self, user, *splits):
        """Tweets that a user favours, as the graph's export has them."""
        out = self.root / "tables"
        if not out.exists():
            self.assertEqual(twhin("export", self.root / "graph", "--out", out).returncode, 0)
        rows = [row for split in splits
                for row in pyarrow.parquet.read_table(out / "edges" / "favorite" / f"{split}.parquet").to_pylist()]
        return {f"tweet:{row['rhs']}" for row in rows if row["lhs"] == user}


class OneWhoAsks(Candidates):
    def test_a_table_says_how_it_came_about(self):
        result = twhin("candidates", self.models, "--entity", "user:17", "--relation", "favorite", "-k", 3)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stderr, "tweet by favorite: whole vectors; exact search, dot; all/v1\n")
        lines = result.stdout.splitlines()
        self.assertEqual(lines[0], "user:17")
        self.assertEqual(lines[1].split(), ["rank", "entity", "score"])
        self.assertEqual([line.split()[0] for line in lines[2:]], ["1", "2", "3"])

    def test_candidates_are_neighbors_that_are_not_known(self):
        found, = self.lists("--entity", "user:17", "--relation", "favorite", "-k", 25, "--exclude-relations", "")
        near = json.loads(twhin("neighbors", self.models, "user:17", "--relation", "favorite", "-k", 25,
                                "--json").stdout)
        self.assertEqual([each["entity"] for each in found["candidates"]],
                         [each["entity"] for each in near["neighbors"]])
        for one, other in zip(found["candidates"], near["neighbors"]):
            self.assertAlmostEqual(one["score"], other["score"], 4)
        self.assertEqual((found["query"], found["model_version"]), ("user:17", "all/v1"))

        for splits in (("train", "valid", "test"), ("train",)):
            some, = self.lists("--entity", "user:17", "--relation", "favorite", "-k", 25, "--exclude-splits",
                               ",".join(splits))
            known = self.known("17", *splits)
            self.assertEqual([each["entity"] for each in some["candidates"]],
                             [each["entity"] for each in found["candidates"] if each["entity"] not in known])

    def test_the_other_end_of_a_relation_can_be_asked_for(self):
        found, = self.lists("--entity", "tweet:3", "--relation", "favorite")
        self.assertTrue(all(each["entity"].startswith("user:") for each in found["candidates"]))

    def test_without_a_relation_rows_are_compared(self):
        found, = self.lists("--entity", "user:17", "--type", "user", "-k", 100, "--exclude-relations", "")
        self.assertEqual(len(found["candidates"]), 39)
        self.assertNotIn("user:17", [each["entity"] for each in found["candidates"]])

    def test_files_of_names_say_who_may_be_found(self):
        words = ("--entity", "user:17", "--relation", "favorite", "-k", 25, "--exclude-relations", "")
        only, without = self.file("only", "3", "tweet:7", "11"), self.file("without", "7")
        names = {each["entity"] for each in self.lists(*words, "--only", only)[0]["candidates"]}
        self.assertEqual(names, {"tweet:3", "tweet:7", "tweet:11"})
        names = {each["entity"] for each in self.lists(*words, "--only", only, "--without", without)[0]["candidates"]}
        self.assertEqual(names, {"tweet:3", "tweet:11"})
        trained = {each["entity"] for each in self.lists(*words, "--items", "trained")[0]["candidates"]}
        self.assertEqual(trained, set().union(*(self.known(str(user), "train") for user in range(40))))
        result = twhin("candidates", self.models, *words, "--only", self.file("some", "3", "nothing"), "--quiet")
        self.assertIn("1 of 2 names are no tweet of the model", result.stderr)
        self.fails(twhin("candidates", self.models, *words, "--only", self.file("none", "nothing")), 2,
                   "cli.no_known_name")
        self.fails(twhin("candidates", self.models, *words, "--only", without, "--without", without), 2,
                   "cli.no_candidates")

    def test_a_vector_can_ask(self):
        vector = [0.5, -1, 2, 0.25]
        typed, = self.lists("--vector", json.dumps(vector), "--relation", "favorite")
        plain, named = self.lists("--vectors", "-", "--relation", "favorite",
                                  stdin=f"{json.dumps(vector)}\n\n{json.dumps({'name': 'x', 'vector': vector})}\n")
        self.assertEqual([each["query"] for each in (typed, plain, named)], ["vector", "line 1", "x"])
        self.assertEqual(typed["candidates"], plain["candidates"])
        self.assertEqual(typed["candidates"], named["candidates"])
        self.assertEqual(len(typed["candidates"]), 25)

    def test_wrong_input(self):
        def refused(*words, stdin=None):
            return twhin("candidates", self.models, *words, stdin=stdin)
        follow = ("--relation", "follow")
        self.fails(refused(*follow), 2, "cli.missing_option", "--entity TYPE:NAME")
        self.fails(refused("--all", "--entity", "user:1", *follow), 2, "cli.conflicting_options", "--entity, --all")
        self.fails(refused("--all", *follow, "--fold-in", "mean"), 2, "cli.conflicting_options", "--engagements")
        self.fails(refused("--entity", "user:99", *follow), 2, "evaluate.unknown_entity")
        self.fails(refused("--entity", "tweet:1", *follow), 2, "candidates.wrong_end")
        self.fails(refused("--entity", "user:1", "--entity", "tweet:1"), 2, "cli.conflicting_options")
        self.fails(refused("--entity", "user:1", "--relation", "folow"), 2, "schema.unknown_relation",
                   'did you mean "follow"?')
        self.fails(refused("--entity", "user:1", *follow, "--type", "user"), 2, "candidates.conflicting_options")
        self.fails(refused("--entity", "user:1", *follow, "--backend", "hnsw"), 2, "index.not_found", "twhin index")
        self.fails(refused("--entity", "user:1", *follow, "--query", "mixture"), 2, "mixture.not_found",
                   "twhin mixture")
        self.fails(refused("--all", "--type", "user"), 2, "candidates.no_type", "--from TYPE")
        self.fails(refused("--vector", "[1, 2]", *follow), 2, "candidates.vector_size")
        self.fails(refused("--vectors", "-", *follow, stdin="[1, 2\n"), 2, "cli.bad_query", "standard input:1")
        self.fails(refused("--entities", self.root / "missing", *follow), 2, "cli.no_file")
        self.fails(refused("--all", *follow, "--out", self.root / "lists.txt"), 2, "table.unknown_format")
        self.fails(refused("--in-split", "tset", *follow), 2, "evaluate.unknown_split", 'did you mean "test"?')

    def test_a_graph_that_is_gone_is_only_needed_for_exclusions(self):
        (self.root / "graph").rename(self.root / "moved")
        try:
            words = ("candidates", self.models, "--entity", "user:1", "--relation", "follow", "--quiet")
            self.fails(twhin(*words), 2, "cli.graph_is_gone", "--graph DIR", '--exclude-relations ""')
            self.assertEqual(twhin(*words, "--exclude-relations", "").returncode, 0)
            with_graph = twhin(*words, "--graph", self.root / "moved")
        finally:
            (self.root / "moved").rename(self.root / "graph")
        self.assertEqual(with_graph.stdout, self.output("--entity", "user:1", "--relation", "follow"))


class ManyWhoAsk(Candidates):
    def table(self, *words):
        out = self.root / "lists.parquet"
        text = self.output(*words, "--out", out)
        table = pyarrow.parquet.read_table(out)
        out.unlink()
        return text, table

    def test_all_are_written_as_parquet(self):
        text, table = self.table("--all", "--relation", "favorite", "-k", 5)
        self.assertIn("40 lists, 200 candidates in ", text)
        self.assertEqual({field.name: str(field.type) for field in table.schema},
                         {"user": "string", "candidate": "string", "rank": "int64", "score": "double",
                          "component": "int64", "model_version": "string"})
        self.assertEqual(table.num_rows, 200)
        rows = table.to_pylist()
        by_json = self.lists("--all", "--relation", "favorite", "-k", 5)
        self.assertEqual([(f"user:{row['user']}", row["rank"], f"tweet:{row['candidate']}") for row in rows],
                         [(each["query"], row["rank"], row["entity"])
                          for each in by_json for row in each["candidates"]])
        self.assertEqual({row["model_version"] for row in rows}, {"all/v1"})
        self.assertEqual({row["component"] for row in rows}, {-1})

    def test_a_summary_says_why_lists_are_short(self):
        words = ("--all", "--relation", "favorite", "-k", 25)
        text, _ = self.table(*words)
        self.assertRegex(text, r"(?m)^\d+ lists shorter than k: nothing else is left for them$")
        text, table = self.table(*words, "--exclude-relations", "", "--min-score", 0.5)
        scores = table.column("score").to_pylist()
        self.assertGreaterEqual(min(scores), 0.5)
        self.assertRegex(text, r"(?m)^\d+ lists shorter than k: nothing else that was found for them scores 0\.5 or more$")
        self.assertNotIn("is left for them", text)

    def test_lists_do_not_depend_on_threads_or_on_how_many_are_kept(self):
        words = ("--all", "--relation", "follow", "-k", 7)
        one = self.output(*words, "--json", "--threads", 1)
        self.assertEqual(one, self.output(*words, "--json", "--threads", 4, "--query-memory", "1B"))

    def test_a_file_of_names_asks_in_its_order(self):
        names = self.file("names", "7", "user:3", "7", "12")
        found = self.lists("--entities", names, "--relation", "favorite", "-k", 2)
        self.assertEqual([each["query"] for each in found], ["user:7", "user:3", "user:12"])
        self.assertEqual(found, self.lists("--entity", "user:7", "--entity", "user:3", "--entity", "user:12",
                                           "--relation", "favorite", "-k", 2))

    def test_an_experiment_asks_for_the_held_out_edges_of_a_split(self):
        """Those with test edges ask; what they have by train and valid is left out, and test is not."""
        _, table = self.table("--in-split", "test", "--relation", "favorite", "-k", 25)
        found = {}
        for row in table.to_pylist():
            found.setdefault(row["user"], set()).add(f"tweet:{row['candidate']}")
        asking = {str(user) for user in range(40) if self.known(str(user), "test")}
        self.assertEqual(set(found), asking)
        everything = {f"tweet:{number}" for number in range(25)}
        for user, tweets in found.items():
            self.assertEqual(tweets, everything - self.known(user, "train", "valid"))

    def test_statistics_say_how_diverse_lists_are(self):
        words = ("--all", "--relation", "favorite", "-k", 4, "--stats")
        *_, summary = self.lists(*words)
        statistics = summary["statistics"]
        shown = {row["entity"] for each in self.lists(*words)[:-1] for row in each["candidates"]}
        self.assertAlmostEqual(statistics["coverage"], len(shown) / 25)
        self.assertEqual((statistics["lists"], statistics["length"], statistics["components"]), (40, 4, 0))
        self.assertTrue(0 < statistics["distance"] < 2)
        self.assertGreater(statistics["popularity"], 0)
        text, _ = self.table(*words)
        for word in ("coverage", "distance", "popularity", "components"):
            self.assertIn(word, text)

    def test_a_file_appears_whole_or_not_at_all(self):
        out = self.root / "part.tsv"
        names = self.file("odd", "7")
        result = twhin("candidates", self.models, "--entities", names, "--relation", "favorite", "--out", out,
                       "--backend", "hnsw")
        self.assertNotEqual(result.returncode, 0)
        self.assertFalse(out.exists())


class Mixtures(Candidates):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        made = twhin("mixture", cls.models, "--type", "tweet", "--relations", "favorite", "-k", 5, "-m", 3, "--quiet")
        assert made.returncode == 0, made.stderr

    WORDS = ("--relation", "favorite", "--query", "mixture")

    def test_a_list_says_its_components(self):
        text = self.output("--entity", "user:17", *self.WORDS, "-k", 4)
        self.assertRegex(text.splitlines()[0], r"^user:17: components \d+ \(\d+\.\d %\)")
        self.assertEqual(text.splitlines()[1].split(), ["rank", "entity", "score", "component"])
        found, = self.lists("--entity", "user:17", *self.WORDS, "-k", 10)
        weights = {each["component"]: each["weight"] for each in found["components"]}
        self.assertAlmostEqual(sum(weights.values()), 1, 5)
        for component, weight in weights.items():
            places = sum(each["component"] == component for each in found["candidates"])
            self.assertLess(abs(places - 10 * weight), 1)

    def test_ways_to_ask_by_components(self):
        lists = {}
        for words in ((), ("--representation", "medoid"), ("--representation", "own"), ("--transform-components",),
                      ("--rescore",), ("--order", "score"), ("--max-components", "1"), ("--mixture", "tweet")):
            lists[words], = self.lists("--entity", "user:17", *self.WORDS, "-k", 8, *words)
            self.assertEqual(len(lists[words]["candidates"]), 8, words)
        self.assertEqual(lists[()], lists[("--mixture", "tweet")])
        self.assertEqual({each["entity"] for each in lists[()]["candidates"]},
                         {each["entity"] for each in lists[("--order", "score")]["candidates"]})
        self.assertEqual(len(lists[("--max-components", "1")]["components"]), 1)

    def test_somebody_new_asks_by_engagements(self):
        engagements = [{"relation": "favorite", "name": name} for name in ("3", "7", "11")]
        lines = [{"id": "new", "engagements": engagements + [{"relation": "favorite", "name": "nobody"}]},
                 {"id": 5, "engagements": []}]
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        result = twhin("candidates", self.models, "--engagements", "-", *self.WORDS, "-k", 6, "--json", "--quiet",
                       stdin=text)
        self.assertIn("1 of 4 engagements are with names that the model does not have", result.stderr)
        new, nothing = lines_of(result.stdout)
        self.assertEqual((new["query"], len(new["candidates"])), ("new", 6))
        self.assertGreater(len(new["components"]), 0)
        self.assertFalse({"tweet:3", "tweet:7", "tweet:11"} & {each["entity"] for each in new["candidates"]})
        self.assertEqual((nothing["query"], nothing["candidates"]), ("5", []))
        self.assertIn("0 known engagements, 1 are needed", nothing["refused"])
        self.assertIn("5: no candidates: 0 known engagements", twhin(
            "candidates", self.models, "--engagements", "-", *self.WORDS, stdin=text).stdout)
        whole, = self.lists("--engagements", self.file("lists", json.dumps({"id": "x", "engagements": engagements})),
                            "--relation", "favorite", "-k", 6, "--fold-in", "mean")
        self.assertEqual((len(whole["candidates"]), whole["components"]), (6, []))

        self.fails(twhin("candidates", self.models, "--engagements", "-", *self.WORDS, stdin="{}\n"), 2,
                   "cli.bad_query", "standard input:1")
        self.fails(twhin("candidates", self.models, "--engagements", "-", *self.WORDS, stdin=json.dumps(
            {"engagements": [{"relation": "favourite", "name": "3"}]})), 2, "cli.bad_query", "favourite")

    def test_all_ask_and_components_stand_in_the_table(self):
        out = self.root / "mixed.parquet"
        summary = json.loads(self.output("--all", *self.WORDS, "-k", 6, "--out", out, "--stats", "--json"))
        rows = pyarrow.parquet.read_table(out).to_pylist()
        self.assertEqual(len(rows), 240)
        self.assertEqual(summary["mixture"], "tweet")
        self.assertGreater(summary["statistics"]["components"], 1)
        self.assertTrue({row["component"] for row in rows} <= {-1, 0, 1, 2, 3, 4})
        alone = {row["user"] for row in rows if row["component"] == -1}
        self.assertEqual(summary["without_mixture"], len(alone))
        self.assertTrue(all(not self.known(user, "train") for user in alone))

    def test_wrong_questions(self):
        def refused(*words):
            return twhin("candidates", self.models, *words)
        self.fails(refused("--entity", "user:1", *self.WORDS, "--mixture", "tweets"), 2, "mixture.not_found",
                   'did you mean "tweet"?')
        self.fails(refused("--entity", "tweet:1", *self.WORDS), 2, "candidates.no_mixture", "user")
        self.fails(refused("--vector", "[1, 2, 3, 4]", *self.WORDS), 2, "candidates.no_components")


class Indexes(Candidates):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for comparator in ("dot", "cos"):
            made = twhin("index", cls.models, "--type", "user", "--comparator", comparator, "--quiet")
            assert made.returncode == 0, made.stderr

    def test_an_index_that_is_there_answers_as_exact_search_does(self):
        for words in (("--relation", "follow"), ("--type", "user", "--from", "user")):
            told = twhin("candidates", self.models, "--all", *words, "-k", 5, "--json")
            self.assertIn("hnsw index (recall@10 ", told.stderr)
            exact = self.output("--all", *words, "-k", 5, "--json", "--backend", "exact")
            self.assertEqual(told.stdout, self.output("--all", *words, "-k", 5, "--json", "--backend", "hnsw"))
            found, nearest = ({(each["query"], row["entity"]) for each in lines_of(text) for row in each["candidates"]}
                              for text in (told.stdout, exact))
            self.assertGreater(len(found & nearest), 0.95 * len(nearest))

    def test_what_no_index_was_built_for_is_searched_exactly(self):
        told = twhin("candidates", self.models, "--entity", "user:3", "--relation", "favorite", "-k", 5)
        self.assertIn("exact search", told.stderr)

    def test_an_index_of_another_version_is_refused(self):
        other = tempfile.TemporaryDirectory()
        self.addCleanup(other.cleanup)
        self.assertEqual(run("twhin_small_network", other.name, 7).returncode, 0)
        model = pathlib.Path(other.name) / "models" / "all" / "v1"
        shutil.copytree(self.models / "v1" / "indexes", model / "indexes")
        self.fails(twhin("candidates", model, "--entity", "user:3", "--relation", "follow", "--backend", "hnsw"), 2,
                   "index.wrong_version")


if __name__ == "__main__":
    unittest.main()
