"""twhin mixture: what it prints, what it refuses, and lines of JSON in and out, on a small network on disk."""

import json
import shutil
import unittest

from verbs import SmallNetworkTest, run as run_program


def run(program, *words, lines=None):
    text = None if lines is None else "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    return run_program(program, *words, stdin=text)


class Mixture(SmallNetworkTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.models
        schema = json.loads((cls.model / "v1/manifest.json").read_text())["meta"]["schema"]
        cls.types = [t["name"] for t in schema["entities"]]
        relation = schema["relations"][0]
        cls.relation, cls.target = relation["name"], cls.types[relation["rhs"]]
        cls.made = run("twhin", "mixture", cls.model, "--type", cls.target, "-k", 4, "-m", 2, "--json")
        assert cls.made.returncode == 0, cls.made.stderr

    def infer(self, *words, lines):
        result = run("twhin", "mixture", self.model, "--infer", *words, lines=lines)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()], result.stderr

    def names(self, num):
        """Names of targets that the model has: medoids."""
        path = self.model / "v1/mixtures" / self.target
        self.assertTrue(path.is_dir())
        return [str(n) for n in range(num)]

    def list(self, num, **more):
        return {"engagements": [{"relation": self.relation, "name": name} for name in self.names(num)], **more}

    def test_building_says_the_cost_before_and_the_figures_after(self):
        described = json.loads(self.made.stdout)
        self.assertEqual(described["kind"], "mixture")
        self.assertEqual(described["clusters"], 4)
        self.assertGreaterEqual(described["smallest_cluster"], 1)
        self.assertIn("GFLOP/s", self.made.stderr)
        self.assertIn("4, 20 iterations on all rows", self.made.stderr)
        inspected = json.loads(run("twhin", "inspect", self.model / "v1/mixtures" / self.target, "--json").stdout)
        self.assertEqual(inspected, described)
        version = json.loads(run("twhin", "inspect", self.model / "v1", "--json").stdout)
        self.assertEqual(version["mixtures"], [self.target])

    def test_a_dry_run_makes_nothing(self):
        result = run("twhin", "mixture", self.model, "--type", self.target, "-k", 3, "--name", "dry", "--dry-run", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        plan = json.loads(result.stdout)
        self.assertEqual((plan["clusters"], plan["sampled_rows"]), (3, plan["targets"]))
        self.assertFalse((self.model / "v1/mixtures/dry").exists())

    def test_a_config_has_a_section_and_the_command_line_overrides_it(self):
        config = self.root / "mixture.yaml"
        config.write_text(f"mixture:\n  type: {self.target}\n  k: 3\n  m: 1\n  relation_weights: {{{self.relation}: 2}}\n")
        result = run("twhin", "mixture", self.model, "--config", config, "-k", 2, "--name", "configured", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        made = json.loads(result.stdout)["config"]
        self.assertEqual((made["k"], made["m"], made["relation_weights"]), (2, 1, {self.relation: 2}))
        shutil.rmtree(self.model / "v1/mixtures/configured")
        config.write_text("mixture: {typo: 1}\n")
        result = run("twhin", "mixture", self.model, "--config", config)
        self.assertEqual(result.returncode, 2)
        self.assertIn("config.unknown_key", result.stderr)

    def test_lists_come_back_as_mixtures_and_vectors(self):
        (user, target), _ = self.infer(lines=[self.list(3, id="a"), {**self.list(3, id=[7]), "as": "target"}])
        self.assertEqual((user["id"], user["unknown"], user["engagements"]), ("a", 0, 3))
        self.assertAlmostEqual(sum(c["weight"] for c in user["components"]), 1.0, places=5)
        self.assertLessEqual(len(user["components"]), 2)
        dim = len(user["vector"])
        for component in user["components"]:
            self.assertEqual(len(component["vector"]), dim)
            self.assertTrue(component["medoid"].startswith(self.target + ":"))
        self.assertEqual((target["id"], len(target["vector"])), ([7], dim))
        self.assertNotIn("components", target)

    def test_the_same_lines_give_the_same_answers_for_any_number_of_threads(self):
        lines = [self.list(1 + i % 4, id=i) for i in range(40)]
        first, _ = self.infer("--threads", 1, lines=lines)
        second, _ = self.infer("--threads", 3, lines=lines)
        self.assertEqual(first, second)
        self.assertEqual([answer["id"] for answer in first], list(range(40)))

    def test_a_bad_line_ends_nothing(self):
        lines = ["{", "[]", "", {"id": 1}, {"engagements": [{"relation": "nothing", "name": "1"}]}, {"as": "ad", **self.list(1)},
                 {"engagements": [{"relation": self.relation, "name": "nobody"}], "id": 5},
                 {"engagements": [{"relation": self.relation, "name": "1", "weight": -1}]}, self.list(2, id=8)]
        answers, notes = self.infer("--min-engagements", 2, lines=lines)
        self.assertEqual([answer.get("error", {}).get("id") for answer in answers],
                         ["mixture.bad_line", "mixture.bad_line", "mixture.bad_line", "schema.unknown_relation",
                          "mixture.bad_line", "mixture.too_few_engagements", "mixture.bad_line", None])
        self.assertEqual(answers[5]["unknown"], 1)
        self.assertEqual(answers[5]["error"]["reason"], "0 known engagements, 2 are needed")
        self.assertIn("8 lists: 1 inferred, 7 refused", notes)

    def test_options_that_do_not_go_together_are_refused(self):
        for words in (["--infer", "-k", "3"], ["--type", self.target, "--fold-in", "mean"],
                      ["--type", self.target, "--input", "x"]):
            result = run("twhin", "mixture", self.model, *words, lines=[])
            self.assertEqual(result.returncode, 2, words)
            self.assertIn("cli.conflicting_options", result.stderr)
        result = run("twhin", "mixture", self.model)
        self.assertIn("mixture.no_type", result.stderr)
        self.assertEqual(result.returncode, 2)


if __name__ == "__main__":
    unittest.main()
