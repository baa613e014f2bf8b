"""A few draws for every condition: how many rows it will take to meet it."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.requests import SampleRequest
from core.schema import Schema
from core.synthesis.checkpoint import Model
from core.synthesis.conditions import wish_of
from core.synthesis.fill import fill
from core.synthesis.painter import Painter
from core.synthesis.setup import chosen_device

TRIAL_DRAWS = 2_048
_TRIAL_STREAM = 2**31 + 7


def try_conditions(
    model: Model, request: SampleRequest, schema: Schema, *, device: str = "auto", n_draws: int = TRIAL_DRAWS
) -> list[dict[str, Any]]:
    """Rows drawn and met for every cell of the mix and every condition, in the order of the outcomes.

    Returns
    -------
    list of dict with `label`, `drawn` and `met`
        `met` of `drawn` rows met the condition at once, before any rejection.
    """
    painter = Painter(model, chosen_device(device), request.seed, request.knobs)
    conditions = (*(request.mix.conditions(request.n_rows) if request.mix else ()), *request.conditions)
    each = max(64, n_draws // max(1, len(conditions)) if len(conditions) > 8 else n_draws)
    found = []
    for number, condition in enumerate(conditions):
        wish = wish_of(model, schema, condition, steering=request.knobs.steering)
        filled = fill(
            painter, painter.rng(_TRIAL_STREAM, number), [wish], np.zeros(each, dtype=np.int64), draws_per_row=1
        )
        found.append({"label": condition.label, "drawn": each, "met": int(filled.counts.natively[0])})
    return found
