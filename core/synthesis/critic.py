"""The critic of a checkpoint as somebody sees it who holds the trained model: how real it finds a row.

A critic that was trained for long tells rows that it saw from others of the same population (LOGAN, Hayes et al., arXiv
1705.07663): its score is the white-box membership attack. Scores are handed on as arrays; nothing here knows which rows
were trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from core.errors import CheckpointRejected
from core.synthesis.checkpoint import Model, load_model
from core.synthesis.encode import Encoded
from core.synthesis.networks import Discriminator

FILLINGS = 8
"""Packs in which every row is scored, each with other companions and in another place."""

BLOCK_ROWS = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Critic:
    """The critic with what it takes to show it rows.

    Parameters
    ----------
    model : Model
    network : Discriminator
    """

    model: Model
    network: Discriminator


def load_critic(folder: Path) -> Critic:
    """The critic of a checkpoint.

    Raises
    ------
    CheckpointRejected
        If the checkpoint is damaged, or holds only what drawing needs.
    """
    model = load_model(folder)
    config = model.config
    network = Discriminator(
        model.encoder.layout.width, len(model.conditions), config.pac, config.discriminator_layers
    ).requires_grad_(False)
    try:
        tensors = load_file(Path(folder) / "state.safetensors")
        prefix = "discriminator."
        network.load_state_dict(
            {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
        )
    except (OSError, SafetensorError, RuntimeError) as error:
        name = Path(folder).name
        raise CheckpointRejected(f"The critic of the checkpoint {name!r} cannot be read: {error}.") from error
    return Critic(model=model, network=network)


@torch.no_grad()
def score_rows(critic: Critic, companions: pd.DataFrame, *frames: pd.DataFrame, seed: int = 0) -> list[np.ndarray]:
    """Mean score of every row of some work frames, higher meaning more real to the critic.

    The critic judges packs. Each row stands in `FILLINGS` packs, in a place of its own in each, among companions that
    are the same for all rows, so that scores differ by the row alone. Every row comes with a condition that it meets,
    as in training: one of another column in each pack.

    Parameters
    ----------
    companions : work frame, such as synthetic rows
    frames : work frames with the modelled columns
    seed : int

    Returns
    -------
    list of float64 arrays, one per frame
    """
    rng = np.random.default_rng(seed)
    encoder, pac = critic.model.encoder, critic.network.pac
    crowd = encoder.encode(companions, rng)
    packs = [_part(crowd, rng.integers(len(crowd), size=pac)) for _ in range(FILLINGS)]
    out = []
    for frame in frames:
        rows = encoder.encode(frame, rng)
        total = np.zeros(len(rows))
        for start in range(0, len(rows), BLOCK_ROWS):
            block = _part(rows, np.arange(start, min(start + BLOCK_ROWS, len(rows))))
            for turn, pack in enumerate(packs):
                total[start : start + len(block)] += _scores(critic, block, pack, turn)
        out.append(total / FILLINGS)
    return out


def _part(rows: Encoded, chosen: np.ndarray) -> Encoded:
    return Encoded(scalars=rows.scalars[chosen], slots=rows.slots[chosen])


def _scores(critic: Critic, rows: Encoded, pack: Encoded, turn: int) -> np.ndarray:
    """Scores of one pack per row, the companions being the same: shape (n,).

    The first layer is linear, so what the companions give to it is computed once.
    """
    network, n = critic.network, len(rows)
    place, width = turn % network.pac, network.width
    companions = _dense(pack, width)
    companions[place] = 0.0
    own_weight = network.row_weight[:, place * width : (place + 1) * width]  # (first, width)
    before = _dense(rows, width) @ own_weight.T + network.first_layer(companions)
    ids = _conditions_met(critic, pack, turn)
    if ids is not None:
        ids = ids.expand(n, -1).clone()  # (n, pac)
        ids[:, place] = _conditions_met(critic, rows, turn)
        ids = ids.reshape(-1)
    return network.score(before + network.condition_part(ids)).double().numpy()


def _dense(rows: Encoded, width: int) -> Tensor:
    """Rows as the critic sees them: (n, width)."""
    scalars = torch.from_numpy(np.ascontiguousarray(rows.scalars))
    out = F.pad(scalars, (0, width - scalars.shape[1]))
    return out.scatter_(1, torch.from_numpy(rows.slots.astype(np.int64)), 1.0)


def _conditions_met(critic: Critic, rows: Encoded, turn: int) -> Tensor | None:
    """For every row the condition that it meets in one of the columns with levels, by turns: (n,)."""
    conditions, layout = critic.model.conditions, critic.model.encoder.layout
    if not len(conditions):
        return None
    which = turn % len(conditions.spans)
    span = conditions.spans[which]
    column = next(at for at, one in enumerate(layout.spans) if one.column == span.column)
    return torch.from_numpy((rows.slots[:, column] - span.start + conditions.first_ids[which]).astype(np.int64))
