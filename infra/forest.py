"""Boosted trees as flat arrays, walked by a compiled kernel: every threshold becomes a rank, every test one bit.

A value is replaced once by its rank among the thresholds of its feature (one byte). A node then needs no comparison:
the 256 bits of a node say for each byte whether it goes left. Leaves lead to themselves, so that all rows of a block
take the same number of steps and no branch has to be guessed. Scores are those of the trees to the last bit: the same
tests, and the same sums in the same order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infra.kernel import kernel

MISSING = 255
"""The byte of a missing value, and of a category that the trees do not know."""
BLOCK = 256
"""Rows that are walked together: their places in the tree stay in the innermost cache."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a tree as it was grown: `left` and `right` are its children's places, -1 in a leaf.

    A row goes left if its value is at most `threshold`, or is one of `categories` where these are given.
    """

    feature: int = 0
    threshold: float = 0.0
    categories: frozenset[int] | None = None
    missing_left: bool = False
    left: int = -1
    right: int = -1
    value: float = 0.0


class Forest:
    """Trees over float64 rows.

    Args:
        trees: each the nodes of one tree, the root first.
        known: by feature the categories that training saw, None for a number.

    Raises:
        ValueError: a feature has more thresholds, or a category a higher code, than a byte can tell apart.
    """

    def __init__(self, trees: Sequence[Sequence[Node]], known: Sequence[frozenset[int] | None]) -> None:
        cuts = [_cuts(trees, feature) for feature in range(len(known))]
        if any(len(cut) > MISSING for cut in cuts) or any(max(codes or [0]) >= MISSING for codes in known):
            raise ValueError("more than 255 thresholds or categories of one feature")
        self._cuts = np.concatenate([*cuts, np.empty(0)])
        self._starts = np.cumsum([0, *map(len, cuts)]).astype(np.uint32)
        self._known = np.array([[code in (codes or ()) for code in range(256)] for codes in known], np.uint8)
        self._category = np.array([codes is not None for codes in known], np.uint8)
        flat = [_flat(tree, cuts) for tree in trees]
        sizes = [len(tree) for tree in trees]
        self._roots = np.cumsum([0, *sizes[:-1]]).astype(np.uint32)
        self._depths = np.array([_depth(tree, 0) for tree in trees], np.uint32)
        self._feature = np.concatenate([part.feature for part in flat])
        shifted = [part.left + root for part, root in zip(flat, self._roots, strict=True)]
        self._left = np.concatenate(shifted).astype(np.uint32)
        self._bits = np.concatenate([part.bits.ravel() for part in flat])
        self._value = np.concatenate([part.value for part in flat])

    def add(self, rows: NDArray[np.float64], total: NDArray[np.float64]) -> None:
        """Adds the value of each tree in turn to `total`, float64 (n,), for `rows`, float64 (n, features)."""
        codes = np.empty(rows.shape, np.uint8)
        _rank(np.ascontiguousarray(rows), self._cuts, self._starts, self._category, self._known, codes)
        _walk(codes, self._roots, self._depths, self._feature, self._left, self._bits, self._value, total)


@dataclass(frozen=True, slots=True)
class _Flat:
    """One tree with siblings side by side; `left` is relative to its root."""

    feature: NDArray[np.uint32]
    left: NDArray[np.int64]
    bits: NDArray[np.uint64]
    value: NDArray[np.float64]


def _cuts(trees: Sequence[Sequence[Node]], feature: int) -> NDArray[np.float64]:
    """The thresholds of one feature in all trees, ascending."""
    tests = (node for tree in trees for node in tree if node.left >= 0 and node.categories is None)
    return np.unique(np.array([node.threshold for node in tests if node.feature == feature], np.float64))


def _flat(tree: Sequence[Node], cuts: Sequence[NDArray[np.float64]]) -> _Flat:
    order, left = [0], list[int]()
    for place in order:  # grows while it is walked: children are appended as a pair, breadth first
        node = tree[place]
        if node.left < 0:
            left.append(len(left) - 1)  # with no bit set the step leads to `left + 1`: to itself
        else:
            left.append(len(order))
            order += [node.left, node.right]
    nodes = [tree[place] for place in order]
    return _Flat(
        np.array([node.feature for node in nodes], np.uint32),
        np.array(left, np.int64),
        np.array([_goes_left(node, cuts) for node in nodes], np.uint64),
        np.array([node.value for node in nodes], np.float64),
    )


def _goes_left(node: Node, cuts: Sequence[NDArray[np.float64]]) -> list[int]:
    """The bits of the codes that go left, in four words."""
    if node.left < 0:
        return [0] * 4
    if node.categories is None:
        bits = (1 << int(np.searchsorted(cuts[node.feature], node.threshold)) + 1) - 1
    else:
        bits = sum(1 << code for code in node.categories)
    bits = bits & ~(1 << MISSING) | node.missing_left << MISSING
    return [bits >> 64 * word & (1 << 64) - 1 for word in range(4)]


def _depth(tree: Sequence[Node], place: int) -> int:
    node = tree[place]
    return 0 if node.left < 0 else 1 + max(_depth(tree, node.left), _depth(tree, node.right))


@kernel("void(float64[:,::1], float64[::1], uint32[::1], uint8[::1], uint8[:,::1], uint8[:,::1])")
def _rank(rows: Any, cuts: Any, starts: Any, category: Any, known: Any, codes: Any) -> None:
    """`codes`, (n, features): the rank of each value among the cuts of its feature; a category as it is."""
    for i in range(np.uint64(rows.shape[0])):
        for j in range(np.uint64(rows.shape[1])):
            x = rows[i, j]
            code = np.uint64(MISSING)
            if category[j]:
                if 0 <= x < MISSING and known[j, np.uint64(x)]:
                    code = np.uint64(x)
            elif not np.isnan(x):
                low, high = np.uint64(starts[j]), np.uint64(starts[j + np.uint64(1)])
                while low < high:
                    middle = (low + high) >> np.uint64(1)
                    if cuts[middle] < x:
                        low = middle + np.uint64(1)
                    else:
                        high = middle
                code = low - np.uint64(starts[j])
            codes[i, j] = code


@kernel(
    "void(uint8[:,::1], uint32[::1], uint32[::1], uint32[::1], uint32[::1], uint64[::1], float64[::1], float64[::1])"
)
def _walk(codes: Any, roots: Any, depths: Any, feature: Any, left: Any, bits: Any, value: Any, total: Any) -> None:
    """Tree by tree over a block of rows, one level of all rows at a time."""
    one, places = np.uint64(1), np.empty(BLOCK, np.uint32)
    for start in range(np.uint64(0), np.uint64(codes.shape[0]), np.uint64(BLOCK)):
        rows = min(np.uint64(BLOCK), np.uint64(codes.shape[0]) - start)
        for tree in range(np.uint64(roots.shape[0])):
            for i in range(rows):
                places[i] = roots[tree]
            for _ in range(depths[tree]):
                for i in range(rows):
                    place = np.uint64(places[i])
                    code = np.uint64(codes[start + i, np.uint64(feature[place])])
                    word = bits[(place << np.uint64(2)) + (code >> np.uint64(6))]
                    places[i] = np.uint64(left[place]) + one - (word >> (code & np.uint64(63)) & one)
            for i in range(rows):
                total[start + i] += value[np.uint64(places[i])]
