"""scripts/check-floors finds each kind of violation, at its line, and nothing in a tree that has none."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check-floors"
CLEAN = {
    "CMakeLists.txt": 'set(TWHIN_FLOORS\n  "base"\n  "kernel storage"\n  "graph model")\n',
    "include/twhin/base/error.h": "#pragma once\n#include <string>\n",
    "src/base/error.cpp": '#include "twhin/base/error.h"\n',
    "src/base/error_test.cpp": '#include <gtest/gtest.h>\n#include <cstdlib>\nvoid f() { setenv("A", "b", 1); }\n',
    "src/kernel/dot.cpp": '#include "kernel/dot.h"\n#include "twhin/base/error.h"\n',
    "src/kernel/dot.h": "#pragma once\n",
    "src/kernel/dot_test.cpp": '#include "kernel/dot.h"\n',
    "src/graph/table.cpp": "#include <arrow/api.h>\n#include <parquet/arrow/reader.h>\n",
    "src/graph/table_test.cpp": "#include <arrow/api.h>\n",
    "apps/cli/main.cpp": '#include "twhin/graph/graph.h"\nint main() { printf("x"); exit(2); }\n',
}


class CheckFloors(unittest.TestCase):
    def check(self, **changed):
        """Runs the check over the clean tree with these files changed or added: (exit status, output)."""
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**CLEAN, **changed.get("files", {})}.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            run = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True)
            self.assertEqual(run.stderr, "")
            return run.returncode, run.stdout

    def assert_violation(self, name, text, expected):
        status, output = self.check(files={name: text})
        self.assertEqual((status, output), (1, expected + "\n"))

    def assert_clean(self, name, text):
        status, output = self.check(files={name: text})
        self.assertEqual(status, 0, output)

    def test_a_clean_tree_passes(self):
        status, output = self.check()
        self.assertEqual(status, 0, output)
        self.assertTrue(output.startswith("ok"), output)

    def test_a_sibling_of_the_same_floor_is_refused(self):
        self.assert_violation(
            "src/kernel/dot.cpp", '#include <vector>\n#include "twhin/storage/container.h"\n',
            'src/kernel/dot.cpp:2: includes "twhin/storage/container.h": storage/ is on the same floor')

    def test_a_higher_floor_is_refused_by_private_and_by_public_headers(self):
        self.assert_violation("src/kernel/dot.h", '#include "graph/table.h"\n',
                              'src/kernel/dot.h:1: includes "graph/table.h": graph/ is on a higher floor')
        self.assert_violation(
            "include/twhin/base/error.h", "#include <twhin/model/rows.h>\n",
            'include/twhin/base/error.h:1: includes "twhin/model/rows.h": model/ is on a higher floor')

    def test_an_include_in_a_comment_is_none(self):
        self.assert_clean("src/kernel/dot.h", '/*\n#include "graph/table.h"\n*/\n// #include "graph/table.h"\n')

    def test_a_folder_that_no_floor_names_is_refused(self):
        self.assert_violation("include/twhin/extra/x.h", "#pragma once\n",
                              "include/twhin/extra: extra/ is on no floor; add it to TWHIN_FLOORS in CMakeLists.txt")

    def test_a_public_header_may_not_show_a_private_one(self):
        self.assert_violation("include/twhin/kernel/dot.h", '#include "kernel/dot.h"\n',
                              'include/twhin/kernel/dot.h:1: a public header includes the private "kernel/dot.h"')

    def test_arrow_stays_in_the_cpp_files_of_graph(self):
        place = "which is for the .cpp files of graph/"
        for name in ("src/graph/table.h", "src/graph/table.h", "src/kernel/dot.cpp", "apps/cli/import.cpp"):
            self.assert_violation(name, "#include <arrow/api.h>\n", f"{name}:1: includes <arrow/api.h>, {place}")
        self.assert_clean("tests/job/import.cpp", "#include <arrow/api.h>\n")

    def test_nothing_below_apps_prints_exits_reads_the_environment_or_handles_signals(self):
        only = "only apps/ may"
        for call, what in {
            "std::cout << 1;": "prints (std::cout)", "std::printf(x);": "prints (std::printf)",
            "fputs(x, stderr);": "prints (stderr)", "fmt::print(x);": "prints (fmt::print)",
            "exit(1);": "ends the process (exit)", "std::abort();": "ends the process (std::abort)",
            'std::getenv("A");': "uses the environment (std::getenv)",
            "::signal(2, f);": "installs a handler (::signal)",
        }.items():
            self.assert_violation("src/base/error.cpp", f"\nvoid f() {{ {call} }}\n",
                                  f"src/base/error.cpp:2: {what}: {only}")

    def test_names_that_only_look_alike_are_allowed(self):
        self.assert_clean("src/base/error.cpp", "\n".join([
            'const char* s = "exit(1) std::cout";  // abort()', "void f() { queue.abort(); pool->exit(); }",
            "int n = std::snprintf(b, 2, s); std::fprintf(file, s);", "long big = 1'000'000; Job::exit(2);",
            'auto r = R"(getenv("A"))";', "void on_exit(int);"]))

    def test_code_without_a_unit_test_is_refused(self):
        self.assert_violation("src/model/loss.cpp", "\n", "src/model: has code and no unit test (*_test.cpp)")

    def test_a_folder_name_that_says_nothing_is_refused(self):
        self.assert_violation("tests/common/x.h", "\n",
                              'tests/common: the folder name "common" does not say what is in it')

    def test_a_file_that_is_too_long_is_refused(self):
        self.assert_clean("experiments/driver", "\n" * 600)
        self.assert_violation("experiments/driver", "\n" * 601,
                              "experiments/driver:601: 601 lines; at most 600: divide it by subject")


if __name__ == "__main__":
    unittest.main()
