"""Matrix products of a step, in full float32 or with their factors rounded to bfloat16."""

from __future__ import annotations

import torch
from torch import Tensor


def product(a: Tensor, b: Tensor, fast: bool = False) -> Tensor:
    """`a @ b`; `fast` rounds both factors to 8 significant bits, sums in float32, and rounds the result once more."""
    return (a.bfloat16() @ b.bfloat16()).to(a.dtype) if fast else a @ b


def plus_product(c: Tensor, a: Tensor, b: Tensor, fast: bool = False) -> Tensor:
    """`c + a @ b` as a new tensor."""
    return torch.add(c, product(a, b, True)) if fast else torch.addmm(c, a, b)


def add_product_(c: Tensor, a: Tensor, b: Tensor, fast: bool = False) -> Tensor:
    """`c + a @ b`, written over `c`."""
    return c.add_(product(a, b, True)) if fast else c.addmm_(a, b)


def bfloat16_helps(device: torch.device) -> bool:
    """Whether products of bfloat16 are made by instructions of their own; elsewhere they are slower than float32.

    A GPU keeps float32 tensors and rounds inside the product (TF32), which `arithmetic` switches on.
    """
    if device.type != "cpu":
        return False
    known = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(bool(one()) for one in known if one is not None)
