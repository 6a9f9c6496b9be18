package bench

// The workload of a measurement without pairs of its own: a plain function and
// the kind of test a model writes for it.
const (
	solution = `from typing import List


def has_close_elements(numbers: List[float], threshold: float) -> bool:
    for i, a in enumerate(numbers):
        for b in numbers[i + 1:]:
            if abs(a - b) < threshold:
                return True
    return False
`
	test = `import unittest


class TestHasCloseElements(unittest.TestCase):
    # No two numbers are closer than the threshold.
    def test_far(self):
        self.assertFalse(has_close_elements([1.0, 2.0, 3.0], 0.5))

    # Two numbers in the middle of the list are close.
    def test_close(self):
        self.assertTrue(has_close_elements([1.0, 2.8, 3.0, 4.0, 5.0, 2.0], 0.3))

    def test_empty(self):
        self.assertFalse(has_close_elements([], 0.5))

    def test_single(self):
        self.assertFalse(has_close_elements([1.0], 0.5))

    def test_negative(self):
        self.assertTrue(has_close_elements([-1.0, -1.1, 3.0], 0.5))


if __name__ == '__main__':
    unittest.main()
`
	// nothing has nothing to run: what it takes is our overhead.
	nothing = "pass\n"
)
