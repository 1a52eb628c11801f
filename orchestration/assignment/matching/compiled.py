"""Python functions over arrays as machine code."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from orchestration.assignment.matching.edition import folder

numba.config.CACHE_DIR = str(folder())  # type: ignore[attr-defined]  # made as it is imported

Function = TypeVar("Function", bound=Callable[..., Any])
Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Levels = NDArray[np.int8]
Flags = NDArray[np.bool_]

Heap = list[tuple[Any, Any]]
"""Distances and numbers, for heapq; both are 64-bit whole numbers."""
FAR = 1 << 60
"""More than any sum of costs: what cannot be reached is so far away."""


def compiled(function: Function) -> Function:
    """Compiled when it is first called, once a machine: the result is kept (`edition`)."""
    return cast("Function", numba.njit(cache=True)(function))


@compiled
def empty_heap() -> Heap:
    """A heap without entries, of the type that the compiler needs to know."""
    heap = [(np.int64(0), np.int64(0))]
    heap.pop()
    return heap
