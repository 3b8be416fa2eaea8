"""twhin index on a small network on disk, and what the other verbs say of an index."""

import json
import unittest

from model_verbs_test import ModelVerbs, twhin

QUICK = ("--num-queries", "50")


class IndexVerb(ModelVerbs):
    def setUp(self):
        self.model = self.copy() / "models" / "all"
        self.version = self.model / "v1"

    def test_builds_an_index_of_each_type_that_is_named(self):
        text = self.output("index", self.model, "--type", "user", "--quiet", *QUICK)
        self.assertRegex(text.splitlines()[0], r"^type +kind +comparator +entities +queries +recall")
        self.assertIn("rows of user", text)
        self.assertTrue((self.version / "indexes" / "user.hnsw" / "manifest.json").exists())
        every = json.loads(self.output("index", self.model, "--kind", "exact", "--json", "--quiet"))
        types = json.loads(self.output("inspect", self.version, "--json"))["entity_types"]
        self.assertEqual([each["type"] for each in every], [each["type"] for each in types])

    def test_inspect_and_verify_cover_it(self):
        self.output("index", self.model, "--type", "user", "--quiet", *QUICK)
        described = json.loads(self.output("inspect", self.version, "--json"))
        self.assertEqual([(each["index"], each["kind"]) for each in described["indexes"]], [("user", "hnsw")])
        self.assertGreaterEqual(described["indexes"][0]["recall"], 0.95)
        links = self.version / "indexes" / "user.hnsw" / "graph.links"
        self.assertIn("level0", self.output("inspect", links))
        self.output("verify", self.version)
        data = bytearray(links.read_bytes())
        data[len(data) // 2] ^= 8
        links.write_bytes(data)
        self.fails(twhin("verify", self.version), 1, "graph.links")

    def test_a_dry_run_says_what_it_takes_and_builds_nothing(self):
        text = self.output("index", self.model, "--type", "user", "--dry-run")
        self.assertRegex(text.splitlines()[0], r"^type +kind +entities +memory +disk +seconds$")
        estimate = json.loads(self.output("index", self.model, "--type", "user", "--dry-run", "--json"))[0]
        self.assertGreater(estimate["disk_bytes"], 0)
        self.assertFalse((self.version / "indexes").exists())

    def test_options_come_from_the_config_of_the_version_and_then_from_the_command(self):
        (self.version / "config.yaml").write_text("index: {kind: exact, recall_k: 7}\n")
        built = json.loads(self.output("index", self.model, "--type", "user", "--json", "--quiet"))[0]
        self.assertEqual((built["kind"], built["options"]["recall_k"]), ("exact", 7))
        built = json.loads(self.output("index", self.model, "--type", "user", "--kind", "hnsw", "--json", "--quiet"))[0]
        self.assertEqual((built["kind"], built["options"]["recall_k"]), ("hnsw", 7))

    def test_types_that_the_wanted_relation_does_not_touch_are_skipped(self):
        result = twhin("index", self.model, "--relations", "follow", "--json", *QUICK)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([each["type"] for each in json.loads(result.stdout)], ["user"])
        self.assertIn("tweet: no index, at no end of the wanted relations", result.stderr)
        built = json.loads(self.output("index", self.model, "--relations", "follow,favorite", "--json", "--quiet",
                                       *QUICK))
        self.assertEqual([(each["type"], each["options"]["relations"]) for each in built],
                         [("user", ["follow", "favorite"]), ("tweet", ["favorite"])])
        estimates = json.loads(self.output("index", self.model, "--relations", "follow", "--dry-run", "--json", "--quiet"))
        self.assertEqual([each["type"] for each in estimates], ["user"])

    def test_what_cannot_be_built_is_said_before_the_first_is(self):
        types = ("--type", "user", "--type", "tweet")
        self.fails(twhin("index", self.model, *types, "--relations", "follow", *QUICK), 2, "index.foreign_relation")
        self.fails(twhin("index", self.model, "--relations", "folow", *QUICK), 2, "schema.unknown_relation",
                   'did you mean "follow"?')
        self.fails(twhin("index", self.model, "--relations", "folow", "--kind", "exact"), 2, "schema.unknown_relation")
        self.assertFalse((self.version / "indexes").exists())

    def test_what_is_built_is_reported_though_a_later_one_fails(self):
        (self.version / "embeddings" / "tweet.1.f32").write_bytes(b"damaged")
        for words in (("--json",), ()):
            result = twhin("index", self.model, "--quiet", *words, *QUICK)
            self.fails(result, 1, "tweet.1.f32")
            if words:
                self.assertEqual([each["type"] for each in json.loads(result.stdout)], ["user"])
            else:
                self.assertIn("rows of user", result.stdout)
        self.assertTrue((self.version / "indexes" / "user.hnsw" / "manifest.json").exists())

    def test_wrong_input(self):
        self.fails(twhin("index", self.model, "--type", "usr"), 2, "schema.unknown_entity_type", 'did you mean "user"?')
        self.fails(twhin("index", self.model, "--kind", "hsnw"), 2, "config.unknown_value", "exact, hnsw, ivf_pq")
        self.fails(twhin("index", self.model, "--min-recall", "1.5"), 2, "config.out_of_range")
        self.fails(twhin("index", self.model, "--relations", "folow", "--type", "user"), 2, "schema.unknown_relation")


if __name__ == "__main__":
    unittest.main()
