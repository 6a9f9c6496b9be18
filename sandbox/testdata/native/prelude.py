import copy, csv, datetime, functools, io, math, operator, pickle, random, re, struct, sys, time, uuid
from array import array
from bisect import bisect_left, bisect_right, insort
from collections import ChainMap, Counter, OrderedDict, UserList, defaultdict, deque
from datetime import date, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from heapq import nlargest, nsmallest
from itertools import combinations, combinations_with_replacement, count, islice, permutations, repeat


class Long:
    """A sequence of n items that are never stored."""

    def __init__(self, n, item=lambda i: i):
        self.n, self.item = n, item

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if not isinstance(i, int) or not -self.n <= i < self.n:
            raise IndexError(i)
        return self.item(i)


class Hash:
    def __init__(self, h):
        self.h = h

    def __hash__(self):
        return self.h


def numbers(n, seed=1):
    """n integers of 1 to 130 bits, half of them negative."""
    x = seed
    for _ in range(n):
        x = x * 6364136223846793005 + 1442695040888963407 & (1 << 130) - 1
        v = x >> (x >> 40) % 130
        yield -v if x >> 20 & 1 else v


def mixed(values):
    """One number for many hashes."""
    total = 0
    for v in values:
        total = total * 31 + hash(v) & (1 << 64) - 1
    return total


def do(o, *calls):
    """Calls methods one after the other: what they say, and what is left."""
    said = [getattr(o, name)(*args) for name, *args in calls]
    return said, o


def answer(expression):
    try:
        return repr(eval(expression))
    except MemoryError:
        return "MemoryError"
    except Exception as e:
        return type(e).__name__ + ": " + str(e)
