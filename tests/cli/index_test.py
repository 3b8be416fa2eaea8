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

    def test_wrong_input(self):
        self.fails(twhin("index", self.model, "--type", "usr"), 2, "schema.unknown_entity_type", 'did you mean "user"?')
        self.fails(twhin("index", self.model, "--kind", "hsnw"), 2, "config.unknown_value", "exact, hnsw, ivf_pq")
        self.fails(twhin("index", self.model, "--min-recall", "1.5"), 2, "config.out_of_range")
        self.fails(twhin("index", self.model, "--relations", "folow", "--type", "user"), 2, "schema.unknown_relation")


if __name__ == "__main__":
    unittest.main()
