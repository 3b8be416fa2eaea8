"""The command line as a user meets it: exit status, data on stdout, messages on stderr, signals."""

import os
import pathlib
import pty
import re
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("TWHIN_BUILD_DIR", ROOT / "build")) / "bin"


def run(program, *words, **options):
    return subprocess.run([BIN / program, *words], capture_output=True, text=True, timeout=60, **options)


def twhin(*words):
    return run("twhin", *words)


def probe(*words, **options):
    return run("twhin_probe", *words, **options)


class CommandLine(unittest.TestCase):
    maxDiff = None

    def fails(self, result, status, *texts):
        self.assertEqual(result.returncode, status, result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)
        return result


class Verbs(CommandLine):
    def test_version_and_help_go_to_stdout(self):
        cmake = (ROOT / "CMakeLists.txt").read_text()
        version = re.search(r"project\(twhin VERSION ([0-9.]+)", cmake).group(1)
        for words in (["--version"], ["version"]):
            result = twhin(*words)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, f"twhin {version}\n", ""))
        for words in (["--help"], ["-h"], ["help"], ["help", "help"], ["version", "--help"],
                      ["docs", "--help"]):
            result = twhin(*words)
            self.assertEqual((result.returncode, result.stderr), (0, ""), words)
            self.assertIn("usage: twhin", result.stdout)

    def test_without_a_verb_the_help_goes_to_stderr(self):
        result = self.fails(twhin(), 2, "usage: twhin VERB")
        self.assertEqual(result.stdout, "")

    def test_help_fits_a_terminal(self):
        for program in ("twhin", "twhin_probe"):
            overview = run(program)
            for line in (overview.stdout + overview.stderr).splitlines():
                self.assertLessEqual(len(line), 100)
        for line in probe("show", "--help").stdout.splitlines():
            self.assertLessEqual(len(line), 100)

    def test_help_is_grouped_by_the_life_of_an_edge(self):
        text = probe().stderr
        self.assertLess(text.index("make a network\n  config"), text.index("learn vectors\n  show"))
        self.assertLess(text.index("learn vectors"), text.index("about this program"))

    def test_a_wrong_verb_is_told_with_the_nearest(self):
        result = self.fails(twhin("versoin"), 2)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr.splitlines()[0], 'error: unknown verb "versoin"')
        self.assertIn('  hint:      did you mean "version"?\n', result.stderr)
        self.assertEqual(result.stderr.splitlines()[-1], "  id:        cli.unknown_verb")
        self.assertNotIn("docs", result.stderr)  # hidden
        self.fails(twhin("help", "versoin"), 2, 'did you mean "version"?')
        self.fails(twhin("--quiet", "help"), 2, "cli.unknown_option", "a verb first")

    def test_wrong_words_after_the_verb(self):
        cases = [
            (["show", "--splitt", "x"], 'unknown option "--splitt"', 'did you mean "--split"?', "cli.unknown_option"),
            (["show", "--splitt=x"], 'unknown option "--splitt"', "cli.unknown_option"),
            (["fail", "io", "more"], 'unexpected argument "more"', "cli.unexpected_argument"),
            (["fail"], "argument KIND is missing", "twhin fail KIND [OPTIONS]", "cli.missing_argument"),
            (["show", "--split"], 'option "--split" needs a value', "cli.missing_value"),
            (["show", "--split", "a", "--split", "b"], 'option "--split" is given 2 times', "cli.repeated_option"),
            (["show", "--quiet=loud"], 'flag "--quiet" has the value "loud"', "cli.wrong_value"),
            (["show", "--set", "a=b"], 'unknown option "--set"', "cli.unknown_option"),
        ]
        for words, *texts in cases:
            with self.subTest(words):
                self.assertEqual(self.fails(probe(*words), 2, *texts).stdout, "")


class Options(CommandLine):
    def show(self, *words, **options):
        result = probe("show", *words, **options)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = [line.partition(" ")[::2] for line in result.stdout.splitlines()]
        values = {name: value for name, value in lines}
        values["path"] = [value for name, value in lines if name == "path"]
        return values

    def test_absent_ones_keep_their_defaults(self):
        values = self.show()
        self.assertEqual(values["batch_size"], "100")
        self.assertEqual(values["fast"], "1")
        self.assertEqual(values["hits"], "1 10")
        self.assertEqual(values["max_norm"], "2")
        self.assertEqual(values["split"], "test")
        self.assertEqual(values["json"], "0")
        self.assertEqual(values["threads"], str(len(os.sched_getaffinity(0))))
        self.assertNotIn("min-mrr", values)
        self.assertNotIn("k", values)
        self.assertEqual(values["path"], [])

    def test_given_ones_are_read_as_in_a_config(self):
        with tempfile.TemporaryDirectory() as folder:
            values = self.show("a", "--batch-size", "7", "b*[c]", "--rate=0.25", "--fast=false", "--hits", "3,5,8",
                               "--max-norm", "null", "--file", "x/../y", "--text", "a: *b, c", "--split", "valid",
                               "--min-mrr", "-0.5", "-k", "12", "--threads", "3", "--json", "--", "--odd",
                               cwd=folder)
            self.assertEqual(values["file"], os.path.join(os.path.realpath(folder), "y"))
        self.assertEqual(values["batch_size"], "7")
        self.assertEqual(values["rate"], "0.25")
        self.assertEqual(values["fast"], "0")
        self.assertEqual(values["hits"], "3 5 8")
        self.assertEqual(values["max_norm"], "null")
        self.assertEqual(values["text"], "a: *b, c")
        self.assertEqual(values["split"], "valid")
        self.assertEqual(values["min-mrr"], "-0.5")
        self.assertEqual(values["k"], "12")
        self.assertEqual(values["threads"], "3")
        self.assertEqual(values["json"], "1")
        self.assertEqual(values["path"], ["a", "b*[c]", "--odd"])

    def test_a_flag_may_be_given_twice(self):
        self.assertEqual(self.show("--json", "--json")["json"], "1")
        self.assertEqual(self.show("--fast")["fast"], "1")

    def test_wrong_values_are_blamed_as_typed(self):
        cases = [
            (["--batch-size", "x"], "config.wrong_type", "at:        --batch-size x\n", "a whole number"),
            (["--batch-size", "0"], "config.out_of_range", "at:        --batch-size 0\n", "at least 1"),
            (["--hits", "3,x"], "config.wrong_type", "at:        --hits 3,x, hits[1]\n"),
            (["--hits", "3,,4"], "config.wrong_type", "hits[1]"),
            (["--rate", ""], "config.wrong_type", "a number"),
            (["--min-mrr", "high"], "config.wrong_type", "at:        --min-mrr high\n", "a number"),
            (["-k", "-3"], "config.out_of_range", "at:        -k -3\n"),
            (["--threads", "0"], "config.out_of_range", "at:        --threads 0\n", "between 1 and 4096"),
            (["--threads", "many"], "config.wrong_type", "at:        --threads many\n"),
        ]
        for words, *texts in cases:
            with self.subTest(words):
                self.assertEqual(self.fails(probe("show", *words), 2, *texts).stdout, "")


class Config(CommandLine):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name).resolve() / "run.yaml"

    def test_is_read_and_overridden(self):
        self.path.write_text("graph: sub/g\ntrain:\n  batch_size: 5\n")
        result = probe("config", str(self.path))
        self.assertEqual(result.stdout, f"{self.path.parent}/sub/g 5\n")
        result = probe("config", str(self.path), "--set", "train.batch_size=8", "--set", "graph=other")
        self.assertEqual(result.stdout, f"{self.path.parent}/other 8\n")

    def test_mistakes_are_told_with_file_and_line(self):
        self.path.write_text("graph: g\ntrain:\n  batchsize: 5\n")
        self.assertEqual(
            probe("config", "run.yaml", cwd=self.folder.name).stderr,
            'error: unknown key "batchsize"\n'
            "  at:        run.yaml:3, train.batchsize\n"
            "  expected:  one of batch_size, rate, fast, hits, max_norm, file, text\n"
            '  hint:      did you mean "batch_size"?\n'
            "  id:        config.unknown_key\n")
        self.path.write_text("graph: [g\n")
        self.fails(probe("config", str(self.path)), 2, "config.syntax", '"[" is not closed')
        self.path.write_text("graph: g\n")
        self.fails(probe("config", str(self.path), "--set", "train.rate=2"), 2, "at:        --set train.rate=2\n")
        self.fails(probe("config", str(self.path), "--set", "train"), 2, "config.bad_override")
        self.fails(probe("config", str(self.path) + "x"), 2, "config.not_found", "run.yamlx")


class Status(CommandLine):
    def test_follows_the_kind_of_the_failure(self):
        expected = {"none": 0, "threshold": 3, "invalid_argument": 2, "not_found": 2, "io": 1, "corrupt_data": 1,
                    "version_mismatch": 1, "unavailable": 1, "cancelled": 130, "internal": 70, "memory": 1,
                    "exception": 70, "number": 70, "undeclared": 70}
        for kind, status in expected.items():
            with self.subTest(kind):
                result = self.fails(probe("fail", kind), status)
                self.assertEqual(result.stdout, "data before the failure\n")

    def test_messages_have_the_common_layout(self):
        self.assertEqual(probe("fail", "io").stderr,
                         "error: it failed\n  at:        here\n  id:        probe.failed\n")
        self.assertEqual(probe("fail", "none").stderr, "")
        self.assertEqual(probe("fail", "threshold").stderr, "")
        self.fails(probe("fail", "cancelled"), 130, "stopped: it failed\n")
        self.fails(probe("fail", "memory"), 1, "error: not enough memory\n", "cli.out_of_memory")
        for kind in ("internal", "exception", "number", "undeclared"):
            self.fails(probe("fail", kind), 70, "error: ", "this is a bug of twhin: please report it")


class Streams(CommandLine):
    def test_a_reader_that_goes_ends_the_program_quietly(self):
        with subprocess.Popen([BIN / "twhin_probe", "flood"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(timeout=60), 0)
            self.assertEqual(process.stderr.read(), b"")

    @unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "w") as full:
            process = subprocess.run([BIN / "twhin", "version"], stdout=full, stderr=subprocess.PIPE, text=True,
                                     timeout=60)
        self.fails(process, 1, "cannot write the output", "No space left on device", "cli.stdout")

    def test_a_closed_stderr_does_not_stop_a_job(self):
        read, write = os.pipe()
        os.close(read)
        process = subprocess.run([BIN / "twhin_probe", "report"], stdout=subprocess.PIPE, stderr=write, text=True,
                                 timeout=60)
        os.close(write)
        self.assertEqual((process.returncode, process.stdout), (0, self.TABLE))

    TABLE = "relation      edges\nfollow    1,234,567\n"

    def test_notes_and_warnings_go_to_stderr(self):
        result = probe("report")
        self.assertEqual((result.stdout, result.stderr), (self.TABLE, "a note\nwarning: a hazard\n"))
        result = probe("report", "--quiet")
        self.assertEqual((result.stdout, result.stderr), (self.TABLE, "warning: a hazard\n"))

    def test_progress_is_plain_lines_where_there_is_no_terminal(self):
        begin = time.monotonic()
        lines = probe("report", "--seconds", "2.5").stderr.splitlines()
        elapsed_s = time.monotonic() - begin
        self.assertEqual(lines[:2], ["a note", "warning: a hazard"])
        self.assertLessEqual(len(lines), 2 + 2 + elapsed_s / 5)
        self.assertRegex(lines[-1], r"^epoch 1 of 1  100\.0 %  1M/1M edges  \d+k edges/s  ETA 0:00  loss 0\.412$")
        self.assertNotIn("\r", "".join(lines))

    def test_progress_is_one_redrawn_line_on_a_terminal(self):
        begin = time.monotonic()
        main, side = pty.openpty()
        process = subprocess.Popen([BIN / "twhin_probe", "report", "--seconds", "2.5"], stdout=subprocess.PIPE,
                                   stderr=side, env={**os.environ, "TERM": "xterm"})
        os.close(side)
        text = b""
        try:
            while chunk := os.read(main, 65536):
                text += chunk
        except OSError:  # the other side has been closed
            pass
        finally:
            os.close(main)
        self.assertEqual(process.communicate(timeout=60)[0].decode(), self.TABLE)
        drawings = text.decode().split("\r")
        progress = [each for each in drawings if each.startswith("epoch 1 of 1")]
        self.assertGreaterEqual(len(progress), 2)
        # Ten a second after the first two seconds, and the last one.
        self.assertLessEqual(len(progress), 10 * (time.monotonic() - begin - 2) + 2)
        self.assertTrue(all(each.endswith("\x1b[K") and len(each) <= 79 + 3 for each in progress), progress)
        self.assertTrue(text.decode().endswith("\x1b[K\r\n"), text[-40:])


class Signals(CommandLine):
    def start(self, *words, **options):
        process = subprocess.Popen([BIN / "twhin_probe", "wait", *words], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, **options)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stderr.readline(), "ready\n")
        return process

    def test_the_first_one_lets_the_job_stop_where_it_is_safe(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start()
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
            self.assertEqual((process.returncode, out), (130, "stopped where it was safe\n"))
            self.assertIn("stopping at the next safe point", err)
            self.assertIn("stopped: the run was interrupted\n", err)

    def test_the_second_one_ends_it_at_once(self):
        process = self.start("--deaf")
        process.send_signal(signal.SIGINT)
        process.stderr.readline()
        self.assertIn("once more to stop at once", process.stderr.readline())
        time.sleep(0.05)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)

    def test_a_job_that_does_not_look_ends_at_the_first(self):
        process = self.start("--impolite")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)

    def test_one_that_the_parent_ignores_stays_ignored(self):
        def ignore():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        process = self.start("--impolite", preexec_fn=ignore)
        process.send_signal(signal.SIGINT)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=60), 130)


class Documents(CommandLine):
    def test_are_what_the_program_writes(self):
        for name in ("cli", "config"):
            with self.subTest(name):
                committed = (ROOT / "docs" / f"{name}.md").read_text()
                self.assertEqual(twhin("docs", name).stdout, committed,
                                 f"write it anew: build/bin/twhin docs {name} > docs/{name}.md")

    def test_of_another_name_do_not_exist(self):
        self.fails(twhin("docs", "faq"), 2, "cli.unknown_document")


if __name__ == "__main__":
    unittest.main()
