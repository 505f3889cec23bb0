"""The checker that the wire tests hand their recordings to can fail, and says what is broken."""

import unittest

from recording import Recording

HELLO = "Hello"


class Promises(unittest.TestCase):
    def setUp(self):
        self.all = Recording()
        for who in ("ana", "bob", "eve"):
            self.all.admitted(who)
            self.all.heard(who, HELLO)

    def speak(self, who, text, *hearers):
        self.all.said(who, text)
        for hearer in hearers:
            self.all.heard(hearer, text)

    def test_what_is_as_it_should_be_is_not_complained_of(self):
        self.speak("ana", "1", "bob", "eve")
        self.speak("bob", b"\x00\t\n", "ana", "eve")
        self.all.leaves("eve")
        self.all.ended("eve")
        self.assertEqual(self.all.broken(HELLO), [])

    def broken_by(self, *parts):
        found = self.all.broken(HELLO)
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_a_loss(self):
        self.speak("ana", "1", "bob")
        self.broken_by("eve never hears", "which ana said")

    def test_a_double(self):
        self.speak("ana", "1", "bob", "eve", "eve")
        self.broken_by("eve hears", "twice")

    def test_another_order(self):
        self.all.said("ana", "1")
        self.all.said("bob", "2")
        for who, text in (("ana", "2"), ("bob", "1"), ("eve", "2"), ("eve", "1")):
            self.all.heard(who, text)
        self.all.admitted("mallory")
        self.all.heard("mallory", HELLO)
        self.all.heard("mallory", "1")
        self.all.heard("mallory", "2")
        self.broken_by("hears it behind")

    def test_something_before_the_greeting(self):
        self.all.admitted("mallory")
        self.speak("ana", "1", "bob", "eve", "mallory")
        self.broken_by("mallory hears", "before its greeting")

    def test_an_end_after_the_end(self):
        self.all.ended("eve")
        self.all.ended("eve")
        self.broken_by("eve ends twice")

    def test_a_word_that_nobody_knows_is_an_error(self):
        self.all.lines.append("shouted\tana")
        with self.assertRaisesRegex(RuntimeError, "not a word of a recording"):
            self.all.broken(HELLO)


if __name__ == "__main__":
    unittest.main()
