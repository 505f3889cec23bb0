"""Each rule of verbs.py can fail."""

import tempfile
import unittest
from pathlib import Path

import verbs

STORY = """
  void says(std::string_view text, where at = where::current());
  client joins_as(visitor who,
                  where at = where::current());
  [[nodiscard]] bool is_connected() const; // not where at = where::current()
  permission allow(mail kind, std::source_location where = std::source_location::current());
"""
NATIVE = """
  requires(sizeof...(Ts) > 0) actor_expectation
      expect(testing::Matcher<const Ts&>... that, here where = here::current()) {
  requires(sizeof...(Ts) > 0) actor_permission allow(here where = here::current()) {
"""
HOSTILE = "enum class misfortune {\n  lost, ///< it breaks\n  slow,\n};\n"
KINDS = ["pass", "says", "hears", *sorted(verbs.NEVER_FAILS_IN_SCRIPTS)]
LANGUAGE = ("struct script_step {\n  enum class kind : std::uint8_t {\n    // the program\n"
            + "".join(f"    {kind}, ///< a word\n" for kind in KINDS) + "  };\n  kind what;\n};\n")
TEST = r"""
    line = this_line() + 1;
    ana.says("hello");
    line = this_line() + 1;
    joins().joins_as({.name = "dora"});
    line = this_line() + 1;
    expect<int>(5).from(ana).to(bob);
  const std::string begin = "ana joins\nana <- \"pass\"\n";
  fails(begin + "ana -> \"hello\"\n", 3, HasSubstr("no"));
  fails("ana joins\nana <- <01>", 2,
        HasSubstr("no"));
  fails("pass 1min", 1);
  {misfortune::lost, "it is lost"},
  {misfortune::slow, "it is slow"},
"""


class Verbs(unittest.TestCase):
    def missing(self, test=TEST, story=STORY):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {
                f"{verbs.HEADERS}/callsign/testkit/story.hpp": story,
                f"{verbs.HEADERS}/callsign/testkit/hostile.hpp": HOSTILE,
                f"{verbs.HEADERS}/callsign/testkit/native/actor_world.hpp": NATIVE,
                verbs.LANGUAGE: LANGUAGE,
                f"{verbs.TESTS}/some_test.cpp": test,
            }.items():
                file = Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            return list(verbs.missing(root))

    def misses(self, words, **changes):
        found = self.missing(**changes)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_a_kit_that_can_fail_passes(self):
        self.assertEqual(self.missing(), [])

    def test_a_verb_that_nobody_breaks(self):
        self.misses("no test breaks 'says'", test=TEST.replace("ana.says(", "ana.hears("))
        self.misses("no test breaks 'joins_as'", test=TEST.replace(".joins_as(", ".joins("))
        self.misses("no test breaks 'native expect'", test=TEST.replace("expect<int>(", "expect("))
        self.misses("no test breaks 'hears'",
                    story=STORY + "void hears(std::string_view text, where at = where::current());\n")

    def test_a_verb_that_is_done_but_not_at_the_line_that_is_looked_at(self):
        self.misses("no test breaks 'says'",
                    test=TEST.replace('ana.says("hello")', 'ana.says("hello").joins_as({})'))
        self.misses("no test breaks 'says'",
                    test=TEST.replace('ana.says("hello")', 'prepare();\n    ana.says("hello")'))

    def test_a_line_of_a_script_that_nobody_breaks(self):
        self.misses("no script fails at a line with 'pass'", test=TEST.replace("pass 1min", "quiet"))
        self.misses("no script fails at a line with '->'", test=TEST.replace("ana -> ", "ana "))

    def test_a_line_that_stands_before_the_one_that_fails(self):
        self.misses("no script fails at a line with '<-'",
                    test=TEST.replace('ana <- <01>", 2', 'ana <- <01>\\nquiet", 3'))

    def test_a_word_that_is_only_said(self):
        self.misses("no script fails at a line with '->'",
                    test=TEST.replace('ana -> \\"hello', 'ana \\"->').replace('"pass 1min", 1', '"pass \\"->\\"", 1'))

    def test_a_line_that_is_the_beginning_of_another(self):
        self.misses("no script fails at a line with '<-'",
                    test=TEST.replace("ana <- <01>", "ana <- any order \\\"a\\\""))

    def test_a_misfortune_that_nobody_meets_alone(self):
        self.misses("nobody fails of misfortune 'slow' alone", test=TEST.replace("misfortune::slow", "slow"))

    def test_excuses_for_what_is_not_there(self):
        self.misses("there is no verb 'allow' any more", story=STORY.replace("permission allow(", "permission may("),
                    test=TEST + '    line = this_line() + 1;\n    may(mail::task);\n')

    def test_headers_without_verbs(self):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {verbs.LANGUAGE: LANGUAGE,
                               f"{verbs.HEADERS}/callsign/testkit/hostile.hpp": HOSTILE}.items():
                Path(root, path).parent.mkdir(parents=True, exist_ok=True)
                Path(root, path).write_text(text, encoding="utf-8")
            self.assertIn("there is no verb at all", next(verbs.missing(root)))


if __name__ == "__main__":
    unittest.main()
