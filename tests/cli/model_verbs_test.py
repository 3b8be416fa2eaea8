"""Verbs that ask a model or look at files: eval, neighbors, inspect, verify, on a small network on disk."""

import json
import pathlib
import shutil
import tempfile
import unittest
import xml.etree.ElementTree

from verbs import SmallNetworkTest, run, twhin


class ModelVerbs(SmallNetworkTest):
    def copy(self):
        """The network at another place, to be damaged. Its version still names the first graph."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        shutil.copytree(self.root, folder.name, dirs_exist_ok=True)
        return pathlib.Path(folder.name)


class Eval(ModelVerbs):
    def test_prints_tables(self):
        text = self.output("eval", self.models)
        self.assertTrue(text.startswith("test: 60 of 60 edges, both sides, ranked against all entities of the type; "
                                        "ties take the mean rank\n"))
        for words in ("Hits@50", "filtered, by popularity", "filtered, by chance", "95 % interval",
                      "filtered, by relation\n", "follow", "filtered, by degree\n", "filtered, by time\n"):
            self.assertIn(words, text)
        self.assertNotIn("sampled", text)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 110)

    def test_a_version_is_a_model_as_its_network_is(self):
        network = json.loads(self.output("eval", self.models, "--json"))
        version = json.loads(self.output("eval", self.models / "v1", "--json"))
        self.assertEqual(network["results"], version["results"])
        self.assertEqual(network["model"]["path"], str(self.models / "v1"))

    def test_json_has_all_figures(self):
        result = json.loads(self.output("eval", self.models, "--json", "--protocol", "both", "--split", "valid"))
        self.assertEqual((result["candidates"], result["edges"], result["queries"]), ("all", 40, 80))
        self.assertEqual([each["protocol"] for each in result["results"]], ["filtered", "raw"])
        filtered, raw = result["results"]
        self.assertGreater(filtered["micro"]["mrr"], raw["micro"]["mrr"])
        self.assertEqual(result["options"]["split"], "valid")
        low, high = filtered["ci95"]["mrr"]
        self.assertTrue(low < filtered["micro"]["mrr"] < high)

    def test_figures_do_not_depend_on_threads(self):
        one, four = (json.loads(self.output("eval", self.models, "--json", "--threads", n)) for n in (1, 4))
        self.assertEqual(one["results"], four["results"])

    def test_sampled_figures_are_called_so(self):
        words = ("eval", self.models, "--candidates", "uniform", "--num-candidates", "10")
        text = self.output(*words)
        self.assertIn("ranked against 10 sampled candidates", text)
        self.assertIn("biased", text)
        result = json.loads(self.output(*words, "--json"))
        self.assertEqual(result["candidates"], "sampled")
        self.assertIn("biased", result["warning"])

    def test_a_missed_threshold_is_status_3(self):
        self.assertEqual(twhin("eval", self.models, "--min-mrr", "0.01").returncode, 0)
        result = self.fails(twhin("eval", self.models, "--min-mrr", "0.99"), 3, "is below 0.99")
        self.assertIn("Hits@10", result.stdout)

    def test_wrong_input(self):
        self.fails(twhin("eval", self.root / "none"), 2, "model.not_found")
        self.fails(twhin("eval", self.models, "--split", "tset"), 2, "evaluate.unknown_split", 'did you mean "test"?')
        self.fails(twhin("eval", self.models, "--relations", "folow"), 2, "schema.unknown_relation",
                   'did you mean "follow"?')
        self.fails(twhin("eval", self.models, "--sides", "left"), 2, "config.unknown_value", "both, lhs, rhs")
        self.fails(twhin("eval", self.models, "--graph", self.models), 2, "storage.no_manifest")
        self.fails(twhin("eval", self.models, "--num-candidates", "5"), 2, "cli.conflicting_options",
                   "--candidates uniform")
        self.fails(twhin("eval", self.models, "--html", self.root / "none" / "page.html"), 2, "cli.no_folder")

    def test_recommendations_are_judged_at_each_k(self):
        text = self.output("eval", self.models, "--recommend", "favorite", "-k", "3,5")
        self.assertTrue(text.startswith(
            "test of favorite: 25 items of type tweet (all) put in order for 23 users of type user; "
            "left out: what they have by train, valid\n"), text)
        for words in ("recall", "precision", "nDCG", "MAP", "hit rate", "coverage", "diversity", "popularity",
                      "model          3", "by popularity  5", "95 % interval at 5: recall",
                      "by training edges of the user\n"):
            self.assertIn(words, text)
        result = json.loads(self.output("eval", self.models, "--recommend", "favorite", "-k", "3,5", "--json"))
        self.assertEqual([each["k"] for each in result["results"]], [3, 5])
        self.assertEqual(result["excluded_splits"], ["train", "valid"])
        low, high = result["results"][1]["ci95"]["recall"]
        self.assertTrue(low < result["results"][1]["recall"] < high)
        groups = result["user_groups"][0]["groups"]
        self.assertEqual(sum(each["at"][0]["users"] for each in groups), result["users_asking"])

    def test_users_are_divided_by_a_file(self):
        file = self.root / "groups.csv"
        names = [line.split()[1] for line in self.output(
            "neighbors", self.models, "user:0", "--type", "user", "-k", "20").splitlines()[1:]]
        lines = [f"{name.removeprefix('user:')},{'old' if i % 2 else 'new'}" for i, name in enumerate(names)]
        words = ("eval", self.models, "--recommend", "favorite", "--groups", file)
        file.write_text("\n".join(lines) + "\n")
        self.assertIn("by group of the user\ngroup       users", self.output(*words))
        result = json.loads(self.output(*words, "--json"))
        self.assertEqual([each["by"] for each in result["user_groups"]], ["group", "training edges"])
        self.assertEqual({each["name"] for each in result["user_groups"][0]["groups"]}, {"old", "new", "(no group)"})

        file.write_text("nobody\tnew\n" + lines[0])
        self.assertIn("1 of 2 names are no users", twhin(*words).stderr)
        for bad, line in ((lines[0] + "\nalone\n", 2), (lines[0] + "\n\n" + lines[0], 3)):
            file.write_text(bad)
            self.fails(twhin(*words), 2, "cli.bad_user_group", f"groups.csv:{line}")
        self.fails(twhin("eval", self.models, "--groups", file), 2, "cli.conflicting_options")

    def test_recommendations_to_the_other_side_and_again(self):
        lhs = json.loads(self.output("eval", self.models, "--recommend", "favorite", "--side", "lhs", "--json"))
        self.assertEqual(lhs["items"], 40)
        again = json.loads(self.output("eval", self.models, "--recommend", "favorite", "--exclude", "", "--json"))
        self.assertEqual((again["excluded_splits"], again["relevant_but_known"]), ([], 0))

    def test_thresholds_of_recommendations_hold_at_the_largest_k(self):
        words = ("eval", self.models, "--recommend", "favorite", "-k", "5,1")
        self.assertEqual(twhin(*words, "--min-recall", "0").returncode, 0)
        self.fails(twhin(*words, "--min-recall", "0.99"), 3, "recall@5", "is below 0.99")
        self.fails(twhin(*words, "--min-ndcg", "0.99"), 3, "nDCG@5", "is below 0.99")

    def test_options_of_the_other_kind_are_refused(self):
        conflict = "cli.conflicting_options"
        self.fails(twhin("eval", self.models, "-k", "5"), 2, conflict, "--recommend")
        self.fails(twhin("eval", self.models, "--min-recall", "0.1"), 2, conflict, "--recommend")
        for words in (("--protocol", "raw"), ("--min-mrr", "0.1"), ("--sides", "rhs")):
            self.fails(twhin("eval", self.models, "--recommend", "follow", *words), 2, conflict, words[0])

    def test_wrong_input_of_recommendations(self):
        def refused(*words):
            return twhin("eval", self.models, "--recommend", *words)
        self.fails(refused("folow"), 2, "schema.unknown_relation", 'did you mean "follow"?')
        self.fails(refused("follow", "--exclude", "tran"), 2, "evaluate.unknown_split", 'did you mean "train"?')
        self.fails(refused("follow", "--exclude", "train,test"), 2, "evaluate.excluded_split")
        self.fails(refused("follow", "--split", "tset"), 2, "evaluate.unknown_split", 'did you mean "test"?')
        self.fails(refused("follow", "-k", "0"), 2, "config.out_of_range", "-k 0", "at least 1")
        self.fails(refused("follow", "-k", "ten"), 2, "config.wrong_type", "-k ten")
        self.fails(refused("follow", "--side", "left"), 2, "config.unknown_value", "lhs, rhs")

    def test_two_versions_are_compared(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.assertEqual(run("twhin_small_network", folder.name, "7").returncode, 0)
        other = pathlib.Path(folder.name) / "models" / "all"
        text = self.output("eval", self.models, "--against", other)
        for words in ("difference", "95 % interval of the difference: MRR", "answers better", "other's", "by degree"):
            self.assertIn(words, text)
        both = json.loads(self.output("eval", self.models, "--against", other, "--json"))
        own, others = (json.loads(self.output("eval", each, "--json")) for each in (self.models, other))
        self.assertEqual(both["model"]["results"], own["results"])
        self.assertEqual(both["other"]["results"], others["results"])
        gain = both["difference"]["mrr"]
        self.assertAlmostEqual(gain, own["results"][0]["micro"]["mrr"] - others["results"][0]["micro"]["mrr"], 12)
        low, high = both["difference"]["ci95"]["mrr"]
        self.assertTrue(low < gain < high)
        self.assertEqual(sum(both["difference"][each] for each in ("better", "worse", "alike")), own["queries"])
        back = json.loads(self.output("eval", other, "--against", self.models, "--json"))["difference"]
        self.assertAlmostEqual(back["ci95"]["mrr"][0], -high, 12)
        self.assertEqual(back["better"], both["difference"]["worse"])

        self.assertEqual(twhin("eval", self.models, "--against", other, "--min-gain", gain - 0.01).returncode, 0)
        self.fails(twhin("eval", self.models, "--against", other, "--min-gain", gain + 0.01), 3, "gain in MRR")
        self.fails(twhin("eval", self.models, "--min-gain", "0"), 2, "cli.conflicting_options", "--against")
        _, text = self.page("--against", other)
        for words in ("difference of the MRR", "ranked better", "By relation", "Both models"):
            self.assertIn(words, text)

    def test_versions_of_different_graphs_are_not_compared(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.assertEqual(run("twhin_small_network", folder.name, "1", "2").returncode, 0)
        self.fails(twhin("eval", self.models, "--against", pathlib.Path(folder.name) / "models" / "all"), 2,
                   "evaluate.not_comparable", "different graphs")

    def page(self, *words):
        """The page that eval writes beside its table, read as XML, as text."""
        page = self.root / "page.html"
        self.assertIn("filtered" if "--recommend" not in words else "recall",
                      self.output("eval", self.models, "--html", page, *words))
        tree = xml.etree.ElementTree.parse(page)
        page.unlink()
        return tree, " ".join(tree.getroot().itertext())

    def test_a_page_has_plots_and_says_what_was_measured(self):
        tree, text = self.page()
        titles = [title.text for title in tree.iter("{http://www.w3.org/1999/xhtml}h2")]
        self.assertEqual(titles, ["Quality", "By relation", "By side", "By relation and side",
                                  "By training degree of the ranked end", "By time", "What was measured"])
        for words in ("MRR by relation", "Hits@10 by time", "Distribution of ranks", "popularity", "chance",
                      "ties take the mean rank", "do not compete", "all entities of the type", "1,000 bootstrap",
                      "resamples: 1000", "graph's checksum"):
            self.assertIn(words, text)
        self.assertNotIn("biased", text)

    def test_a_page_of_sampled_figures_warns_first(self):
        _, text = self.page("--candidates", "uniform", "--num-candidates", "10")
        self.assertLess(text.index("biased"), text.index("Against what costs nothing"))
        self.assertIn("filtered, sampled", text)

    def test_a_page_of_recommendations(self):
        _, text = self.page("--recommend", "favorite", "-k", "3,5")
        for words in ("Recall by length of the list", "nDCG@5 by training edges of the user", "coverage", "diversity",
                      "min(k, held-out items", "what the user has by train, valid", "equal scores go by id"):
            self.assertIn(words, text)

    def test_a_graph_that_is_gone_is_asked_for(self):
        place = self.copy()
        self.fails(twhin("eval", place / "models" / "all", "--graph", place / "nothing"), 2, "storage.no_manifest")
        moved = self.root / "moved"
        self.graph.rename(moved)
        try:
            self.fails(twhin("eval", self.models), 2, "cli.graph_is_gone", "--graph DIR")
            expected = self.output("eval", self.models, "--graph", moved, "--json")
        finally:
            moved.rename(self.graph)
        self.assertEqual(json.loads(expected)["results"],
                         json.loads(self.output("eval", self.models, "--json"))["results"])

    def test_another_graph_in_its_place_is_refused_unless_named(self):
        place = self.copy()
        manifest = self.graph / "manifest.json"
        original = manifest.read_bytes()
        try:
            shutil.rmtree(self.graph)
            other = tempfile.TemporaryDirectory()
            self.addCleanup(other.cleanup)
            run("twhin_small_network", other.name, 9, 4)  # 4 partitions: another graph of the same names
            shutil.copytree(pathlib.Path(other.name) / "graph", self.graph)
            self.fails(twhin("eval", self.models), 2, "cli.graph_has_changed", "matching entities by name")
            result = twhin("eval", self.models, "--graph", self.graph, "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("warning: the graph is not the one", result.stderr)
            self.assertEqual(len(json.loads(result.stdout)["results"]), 1)
        finally:
            shutil.rmtree(self.graph)
            shutil.copytree(place / "graph", self.graph)
            self.assertEqual(manifest.read_bytes(), original)


class Neighbors(ModelVerbs):
    def neighbors(self, *words):
        return json.loads(self.output("neighbors", self.models, *words, "--json"))

    def test_of_a_relation_are_of_its_other_type(self):
        found = self.neighbors("user:17", "--relation", "favorite", "-k", "5")
        self.assertEqual((found["relation"], found["side"], found["comparator"]), ("favorite", "rhs", "dot"))
        self.assertEqual(len(found["neighbors"]), 5)
        for each in found["neighbors"]:
            self.assertTrue(each["entity"].startswith("tweet:"))
        scores = [each["score"] for each in found["neighbors"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual(self.neighbors("tweet:3", "--relation", "favorite")["side"], "lhs")

    def test_of_a_type_do_not_hold_the_asking_entity(self):
        found = self.neighbors("user:17", "-k", "100")
        self.assertEqual(found["comparator"], "cos")
        names = [each["entity"] for each in found["neighbors"]]
        self.assertEqual(len(set(names)), 39)
        self.assertNotIn("user:17", names)
        tweets = self.neighbors("user:17", "--type", "tweet", "--comparator", "l2")
        self.assertEqual(len(tweets["neighbors"]), 10)
        self.assertLess(tweets["neighbors"][0]["score"], 0)

    def test_followers_are_asked_for_by_the_side(self):
        rhs = self.neighbors("user:17", "--relation", "follow")
        lhs = self.neighbors("user:17", "--relation", "follow", "--side", "lhs")
        self.assertNotEqual(rhs["neighbors"], lhs["neighbors"])

    def test_a_table_on_a_terminal(self):
        lines = self.output("neighbors", self.models, "user:17", "-k", "2").splitlines()
        self.assertEqual(lines[0].split(), ["rank", "entity", "score"])
        self.assertRegex(lines[1], r"^   1  user:\d+ +-?\d\.\d{4}$")
        self.assertEqual(len(lines), 3)

    def test_wrong_input(self):
        def ask(*words):
            return twhin("neighbors", self.models, *words)
        self.fails(ask("user:nobody"), 2, 'the model has no user "nobody"', "evaluate.unknown_entity")
        self.fails(ask("user:188"), 2, 'did you mean "18"?')
        self.fails(ask("usr:17"), 2, "schema.unknown_entity_type", 'did you mean "user"?')
        self.fails(ask("17"), 2, "schema.bad_entity")
        self.fails(ask("user:17", "--relation", "folow"), 2, "schema.unknown_relation", 'did you mean "follow"?')
        self.fails(ask("tweet:3", "--relation", "follow"), 2, "evaluate.wrong_end")
        self.fails(ask("user:17", "--relation", "follow", "--side", "up"), 2, "config.unknown_value", "lhs, rhs")
        self.fails(ask("user:17", "--relation", "follow", "--type", "user"), 2, "cli.conflicting_options")
        self.fails(ask("user:17", "--relation", "follow", "--comparator", "cos"), 2, "cli.conflicting_options")
        self.fails(ask("user:17", "--side", "lhs"), 2, "cli.conflicting_options")
        self.fails(ask("user:17", "--comparator", "cosine"), 2, "config.unknown_value", "dot, cos, l2, squared_l2")


class Inspect(ModelVerbs):
    def test_a_graph(self):
        text = self.output("inspect", self.graph)
        self.assertRegex(text, r"(?m)^kind +graph$")
        self.assertRegex(text, r"(?m)^user +40 +3$")
        self.assertRegex(text, r"(?m)^follow +user +user +100 +30 +20 +yes ")
        graph = json.loads(self.output("inspect", self.graph, "--json"))
        self.assertEqual(graph["relations"][1]["test"], 30)
        self.assertEqual(graph["splits"][0], "train")

    def test_a_version_and_its_network(self):
        version = json.loads(self.output("inspect", self.models / "v1", "--json"))
        self.assertEqual((version["kind"], version["dim"], version["graph_is"]), ("version", 4, "there"))
        self.assertEqual(version["relations"][0]["operator"], "translation")
        network = json.loads(self.output("inspect", self.models, "--json"))
        self.assertEqual((network["kind"], network["current"]), ("network", "v1"))
        self.assertEqual(network["versions"][0]["bytes"], version["bytes"])
        self.assertIn("translation", self.output("inspect", self.models / "v1"))

    def test_a_file_by_its_sections(self):
        file = self.models / "v1" / "embeddings" / "user.0.f32"
        text = self.output("inspect", file)
        self.assertRegex(text, r"(?m)^kind +embeddings$")
        self.assertRegex(text, r"(?m)^rows +f32 +\d+ +4 ")
        edges = next((self.graph / "edges" / "follow").glob("*.edges"))
        sections = json.loads(self.output("inspect", edges, "--json"))["sections"]
        self.assertEqual([each["section"] for each in sections], ["lhs", "rhs", "timestamp"])

    def test_a_graph_that_no_import_made_has_no_config(self):
        self.assertEqual(json.loads(self.output("inspect", self.graph, "--config")), {})

    def test_wrong_input(self):
        self.fails(twhin("inspect", self.root / "none"), 2, "file.not_found")
        self.fails(twhin("inspect", self.root), 2, "cli.unknown_file")
        self.fails(twhin("inspect", __file__), 2, "cli.unknown_file")


class Verify(ModelVerbs):
    def damage(self, file):
        data = bytearray(file.read_bytes())
        data[64] ^= 1
        file.write_bytes(data)

    def test_what_is_intact(self):
        text = self.output("verify", self.root)
        self.assertRegex(text, r"^(\d+) of \1 files intact, [\d.]+ KiB in [\d.]+ s: ")
        result = json.loads(self.output("verify", self.models / "v1", "--json"))
        self.assertEqual(result["damaged"], [])

    def test_a_damaged_file_is_named_with_status_1(self):
        place = self.copy()
        file = place / "models" / "all" / "v1" / "embeddings" / "user.1.f32"
        self.damage(file)
        for path in (place, place / "models" / "all", place / "models" / "all" / "v1", file):
            self.fails(twhin("verify", path), 1, f'error: "{file}" is damaged', "storage.checksum_mismatch")
        self.assertEqual(twhin("verify", place / "graph").returncode, 0)
        result = self.fails(twhin("verify", place, "--json"), 1)
        self.assertEqual([each["path"] for each in json.loads(result.stdout)["damaged"]], [str(file)])

    def test_all_damaged_files_are_told(self):
        place = self.copy()
        files = sorted((place / "graph" / "vocabulary").glob("user.*"))
        for file in files:
            self.damage(file)
        result = self.fails(twhin("verify", place), 1, "error: 3 of 72 files are damaged")
        for file in files:
            self.assertIn(str(file), result.stderr)

    def test_wrong_input(self):
        self.fails(twhin("verify", self.root / "none"), 2, "file.not_found")
        self.fails(twhin("verify", __file__), 2, "storage.nothing_to_verify")


if __name__ == "__main__":
    unittest.main()
