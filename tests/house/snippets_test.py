"""Each rule of snippets.py can fail."""

import tempfile
import unittest
from pathlib import Path

import snippets

SOURCE = """#include <callsign/workers.hpp>

int main() {
  // [call]
  workers.call("Ana", [] {
    greet();
  });
  // [call] end
}
"""
PAGE = """Some words.

<!-- snippet: app/main.cpp#call -->
```cpp
workers.call("Ana", [] {
  greet();
});
```

<!-- not compiled: a shape -->
```cpp
workers.call(name, task);
```

```sh
app/chat/start
```
"""


class Snippets(unittest.TestCase):
    def wrong(self, page=PAGE, source=SOURCE, write=False):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            (root / "docs").mkdir()
            (root / "app").mkdir()
            (root / "app/main.cpp").write_text(source, encoding="utf-8")
            (root / "docs/tour.md").write_text(page, encoding="utf-8")
            wrong = snippets.check(root, write)
            self.page = (root / "docs/tour.md").read_text(encoding="utf-8")
            return wrong

    def test_pages_in_order_pass(self):
        self.assertEqual(self.wrong(), [])

    def test_drift_is_found_in_the_page(self):
        wrong = self.wrong(page=PAGE.replace("  greet();", "  leave();"))
        self.assertEqual(wrong, ["docs/tour.md:6: differs from app/main.cpp, which has:   greet();"])

    def test_drift_is_found_in_the_source(self):
        self.assertEqual(len(self.wrong(source=SOURCE.replace("greet", "leave"))), 1)

    def test_lost_lines_are_found(self):
        wrong = self.wrong(page=PAGE.replace("});\n", ""))
        self.assertEqual(wrong, ["docs/tour.md:7: differs from app/main.cpp, which has: });"])

    def test_plain_cpp_is_refused(self):
        wrong = self.wrong(page="```cpp\nint x;\n```\n")
        self.assertEqual(wrong, ["docs/tour.md:1: C++ that no compiler sees; cut it from a file, or say why not"])

    def test_an_excuse_needs_a_reason(self):
        self.assertEqual(len(self.wrong(page="<!-- not compiled: -->\n```cpp\nint x;\n```\n")), 1)

    def test_lost_files_and_marks_are_found(self):
        self.assertIn("there is no app/other.cpp", self.wrong(page=PAGE.replace("main.cpp", "other.cpp"))[0])
        self.assertIn("[call]", self.wrong(source=SOURCE.replace(" end", ""))[0])

    def test_a_mark_without_a_block_is_found(self):
        self.assertEqual(len(self.wrong(page="<!-- snippet: app/main.cpp#call -->\n\nwords\n")), 1)

    def test_a_whole_file_can_be_a_snippet(self):
        page = "<!-- snippet: app/main.cpp -->\n```cpp\nint main() {}\n```\n"
        self.assertEqual(self.wrong(page=page, source="int main() {}\n"), [])

    def test_write_cuts_anew(self):
        self.assertEqual(self.wrong(page=PAGE.replace("  greet();", "  old();"), write=True), [])
        self.assertEqual(self.page, PAGE)


if __name__ == "__main__":
    unittest.main()
