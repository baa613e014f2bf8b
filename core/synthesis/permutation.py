"""A random order of very many numbers without holding it: a keyed bijection of 0..size - 1."""

from __future__ import annotations

import hashlib

import numpy as np

LARGEST = 2**62
_ROUNDS = 6


def permuted(numbers: np.ndarray, size: int, key: str) -> np.ndarray:
    """Where a random permutation of 0..size - 1 sends each of `numbers`.

    Parameters
    ----------
    numbers : int array, values in 0..size - 1
    size : int, 1 to `LARGEST`
    key : str
        Different keys give different permutations.

    Returns
    -------
    int64 array of the same shape; different numbers stay different

    Source
    ------
    A balanced Feistel network (Luby and Rackoff 1988) on the next even number of bits; results outside 0..size - 1 are
    sent through again until they fall inside ("cycle walking", Black and Rogaway 2002). Rounds mix with the finaliser
    of SplitMix64 (Steele, Lea and Flood 2014). Not meant to keep secrets.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    mask, shift = np.uint64(2**half - 1), np.uint64(half)
    digest = hashlib.sha512(key.encode()).digest()
    keys = np.frombuffer(digest, dtype="<u8")[:_ROUNDS]
    out = np.asarray(numbers).astype(np.uint64)
    flat = out.reshape(-1)
    walking = np.arange(len(flat))
    while len(walking):
        left, right = flat[walking] >> shift, flat[walking] & mask
        for one in keys:
            left, right = right, left ^ (_mixed(right ^ one) & mask)
        flat[walking] = (left << shift) | right
        walking = walking[flat[walking] >= size]
    return out.astype(np.int64)


def _mixed(value: np.ndarray) -> np.ndarray:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
