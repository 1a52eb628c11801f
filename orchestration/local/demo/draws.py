"""Randomness that repeats: one generator for each part of the world, and ids made of it."""

import zlib

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ids = NDArray[np.uint8]
"""UUIDs, a row of 16 bytes each."""

Draws = np.random.Generator

# Version 7 and variant 10 (RFC 9562, 5.7), in the upper and the lower half of the 128 bits.
_VERSION = np.uint64(0x7000)
_VARIANT = np.uint64(0x8000_0000_0000_0000)

_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint8)
_HEX = _HEX.reshape(256, 2)
_NO_DASH = np.setdiff1d(np.arange(36), (8, 13, 18, 23))


def draws(seed: int, part: str, number: int = 0) -> Draws:
    """The random numbers of one part of the world; other parts do not disturb them."""
    return np.random.default_rng([seed, zlib.crc32(part.encode()), number])


def uuid7(at: Ints, random: Draws) -> Ids:
    """One UUIDv7 a moment (microseconds since 1970), as PostgreSQL makes them.

    48 bits of milliseconds, 12 bits of the fraction below, 62 random bits.
    """
    milliseconds, fraction = np.divmod(at, 1_000)
    high = (milliseconds.astype(np.uint64) << np.uint64(16)) | _VERSION
    high |= (fraction * 4_096 // 1_000).astype(np.uint64)
    low = random.integers(0, 1 << 62, len(at), dtype=np.uint64) | _VARIANT
    halves = np.empty((len(at), 2), dtype=">u8")
    halves[:, 0], halves[:, 1] = high, low
    return np.asarray(halves.view(np.uint8).reshape(len(at), 16))


def letters(ids: Ids) -> NDArray[np.uint8]:
    """UUIDs in their usual form, 36 ASCII letters a row."""
    written = np.full((len(ids), 36), ord("-"), dtype=np.uint8)
    written[:, _NO_DASH] = _HEX[ids].reshape(len(ids), 32)
    return written


def pick(random: Draws, weights: Floats, count: int) -> Ints:
    """`count` indices drawn with these weights."""
    edges = np.cumsum(weights)
    return np.asarray(np.searchsorted(edges, random.random(count) * edges[-1], side="right"))


def shares(total: int, weights: Floats) -> Ints:
    """`total` split into whole parts by weight; the largest remainders are rounded up."""
    exact = weights / weights.sum() * total
    parts: Ints = np.floor(exact).astype(np.int64)
    rest = total - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:rest]] += 1
    return parts


def between(random: Draws, low: Ints | int, high: Ints | int, count: int) -> Ints:
    """Whole numbers from `low` to below `high`; `low` where there is nothing between."""
    span = np.maximum(np.asarray(high) - np.asarray(low), 0)
    drawn: Ints = np.floor(random.random(count) * span).astype(np.int64)
    return drawn + low
