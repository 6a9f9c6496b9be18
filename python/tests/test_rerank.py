"""Run with coderm on the path, and the address of a server in CODERM_URL."""

import os
import unittest

import coderm

QUESTION = "Write add(a, b), the sum of two numbers."
CANDIDATES = ["def add(a, b):\n    return a - b", "def add(a, b):\n    return a + b", "def add(a, b)", "def add(a, b):\n    return b + a"]
TESTS = ["assert add(1, 2) == 3", {"test": "assert add(0, -1) == -1"}]


class Rerank(unittest.TestCase):
    def ways(self):
        return {"program": "", "server": os.environ["CODERM_URL"]}.items()

    def test_tests_choose(self):
        for way, server in self.ways():
            with self.subTest(way):
                ranked = coderm.rerank(QUESTION, CANDIDATES, tests=TESTS, entry_point="add", server=server)
                self.assertEqual({r.index for r in ranked[:2]}, {1, 3})
                self.assertEqual(sorted(r.index for r in ranked), [0, 1, 2, 3])
                self.assertTrue(all(r.code == CANDIDATES[r.index] and 0 <= r.score <= 1 for r in ranked))
                self.assertGreater(ranked[1].score, ranked[2].score)

    def test_both_ways_agree(self):
        for selector in ("", "majority", "vote"):
            by = [coderm.rerank(QUESTION, CANDIDATES, tests=TESTS, entry_point="add", selector=selector, seed=7, server=s) for _, s in self.ways()]
            self.assertEqual(by[0], by[1], selector)

    def test_examples_rule_out(self):
        ranked = coderm.rerank(QUESTION + "\n\nadd(1, 2) == 3\n", CANDIDATES, tests=["assert add(2, 0) == 2"], entry_point="add", server="")
        self.assertEqual([r.score for r in ranked[2:]], [0, 0])

    def test_the_best_has_a_score(self):
        for way, server in self.ways():
            with self.subTest(way):
                ranked = coderm.rerank(QUESTION, CANDIDATES, tests=TESTS, selector="auto", server=server)
                self.assertEqual(ranked[0].score, 1)
                self.assertLess(ranked[3].score, 0.5)

    def test_nothing(self):
        self.assertEqual(coderm.rerank(QUESTION, []), [])

    def test_what_is_wrong_is_said(self):
        for way, server in self.ways():
            with self.subTest(way), self.assertRaisesRegex(coderm.CodermError, "best"):
                coderm.rerank(QUESTION, CANDIDATES, tests=TESTS, selector="best", server=server)
        with self.assertRaisesRegex(TypeError, "text of the question"):
            coderm.rerank({"prompt": QUESTION}, CANDIDATES)  # type: ignore[arg-type]
        with self.assertRaisesRegex(coderm.CodermError, "no-such-program"):
            coderm.rerank(QUESTION, CANDIDATES, tests=TESTS, server="", binary="no-such-program")
        with self.assertRaisesRegex(coderm.CodermError, "127.0.0.1:9"):
            coderm.rerank(QUESTION, CANDIDATES, tests=TESTS, server="http://127.0.0.1:9")


if __name__ == "__main__":
    unittest.main()
