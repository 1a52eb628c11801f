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

FAR = 1 << 60
"""More than any sum of costs: what cannot be reached is so far away."""


def compiled(function: Function) -> Function:
    """Compiled when it is first called, once a machine: the result is kept (`edition`)."""
    return cast("Function", numba.njit(cache=True)(function))
