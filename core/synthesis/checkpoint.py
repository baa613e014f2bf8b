"""Saving and loading: safetensors beside JSON, never pickle, never rows or row numbers."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.dataset import content_id
from core.errors import CheckpointRejected
from core.schema import Schema
from core.synthesis.balance import balance
from core.synthesis.conditional import Conditions
from core.synthesis.config import TrainingConfig
from core.synthesis.encode import Encoder
from core.synthesis.inner import InnerShapes, fit_inner_shapes
from core.synthesis.networks import Generator
from core.synthesis.offsets import Offsets, fit_offsets
from core.synthesis.setup import Training, assemble, chosen_device, encode_rows

VERSION = 3
READABLE = (1, 2, 3)
"""Version 1 knows no offsets under a condition, version 2 neither inner shapes nor rows that begin with the target."""
OFFSETS, INNER = "offsets", "inner."
"""Tensors of `model.safetensors` that hold them, the second by its beginning."""
CALIBRATION_ROWS = 16_384
"""Rows drawn to measure the batch normalisation of the averaged weights."""
BALANCED_CELLS = 8_000_000
"""Most logits that shares are measured on; wide models take fewer rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What drawing needs, and nothing more: averaged weights, layout and frequencies.

    Parameters
    ----------
    config : TrainingConfig
    encoder : Encoder
    conditions : Conditions
    generator : Generator
        Averaged weights with batch normalisation measured for them.
    offsets : Offsets
        What is added to the logits of rows that are steered to a level.
    inner : InnerShapes
        What becomes of numbers inside their mode.
    epoch, step : int
        Where in its run it was saved.
    target : str or None
    """

    config: TrainingConfig
    encoder: Encoder
    conditions: Conditions
    generator: Generator
    offsets: Offsets
    inner: InnerShapes
    epoch: int
    step: int
    target: str | None


def model_of(training: Training) -> Model:
    """The model as it would be saved now; the run is left as it is, its random state included."""
    layout, config = training.encoder.layout, training.config
    generator = Generator(config.noise_size, len(training.conditions), layout.width, config.generator_layers)
    averaged_into(training, generator)
    calibrate(generator, training.conditions, config, training.target)
    right = config.shares == "train rows" and training.step > 0
    if right:
        groups, n_rows = layout.groups(), min(CALIBRATION_ROWS, max(2_048, BALANCED_CELLS // max(1, layout.width)))
        balance(
            generator, training.conditions, training.frequencies, layout.n_scalars, groups,
            n_rows=n_rows, seed=config.seed,
        )  # fmt: skip
    offsets = fit_offsets(training, generator) if right else Offsets.none(layout)
    return Model(
        config=config,
        encoder=training.encoder,
        conditions=training.conditions,
        generator=generator.requires_grad_(False),
        offsets=offsets,
        inner=fit_inner_shapes(training, generator, offsets) if right else InnerShapes.none(),
        epoch=training.epoch,
        step=training.step,
        target=training.target,
    )


@torch.no_grad()
def averaged_into(training: Training, generator: Generator) -> None:
    """Give a generator the averaged weights as they are now; before the first step, the weights themselves."""
    correction = 1 - training.config.averaging**training.step if training.step else 0.0
    averages = training.averaged if training.step else list(training.generator.parameters())
    for own, average in zip(generator.parameters(), averages, strict=True):
        own.copy_(average / correction if correction else average)


@torch.no_grad()
def calibrate(generator: Generator, conditions: Conditions, config: TrainingConfig, target: str | None) -> None:
    """Measure the batch normalisation of these very weights on one large draw.

    Running statistics of training belong to other weights than the averaged ones. Conditions are drawn as in training,
    since that is the normalisation the weights were trained under; fixed afterwards, it serves every frequency.
    """
    random = torch.Generator().manual_seed(config.seed)
    noise = torch.randn(CALIBRATION_ROWS, config.noise_size, generator=random)
    ids = None
    if len(conditions):
        log = config.frequency == "log"
        chances = torch.from_numpy(conditions.chances(log=log, favourite=target, favourite_share=config.target_share))
        ids = torch.multinomial(chances, CALIBRATION_ROWS, replacement=True, generator=random)
    generator.forward_training(noise, ids, keep_statistics=True)


def save_checkpoint(training: Training, folder: Path) -> None:
    """Save a run between two records: written aside, synced, then renamed, so that a folder is whole or absent.

    Parameters
    ----------
    folder : path that does not exist yet
        Gets `model.safetensors` and `meta.json` (enough to draw) and `state.safetensors` (to go on training).
    """
    folder = Path(folder)
    aside = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    model = model_of(training)
    tensors = {name: tensor.contiguous() for name, tensor in model.generator.state_dict().items()}
    if len(model.offsets):
        tensors[OFFSETS] = model.offsets.shifts.contiguous()
    if len(model.inner):
        tensors |= {INNER + name: torch.from_numpy(getattr(model.inner, name)) for name in ("drawn", "wanted")}
    save_file(tensors, aside / "model.safetensors")
    save_file(state_of(training), aside / "state.safetensors")
    meta = {
        "version": VERSION,
        "config": training.config.to_json(),
        "target": training.target,
        "epoch": training.epoch,
        "step": training.step,
        "n_rows": training.n_rows,
        "threads": training.threads,
        "torch": torch.__version__,
        "columns": training.encoder.to_json(),
        "rules": training.encoder.rules.to_json() if training.encoder.rules else None,
        "conditions": training.conditions.counts.tolist(),
        "offsets": model.offsets.to_json() if len(model.offsets) else None,
        "inner": model.inner.to_json() if len(model.inner) else None,
    }
    meta["content"] = content_id(meta)
    (aside / "meta.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
    for path in (*aside.iterdir(), aside):
        _sync(path)
    os.replace(aside, folder)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def state_of(training: Training) -> dict[str, torch.Tensor]:
    """Everything that changes while training, as named tensors on the host."""
    tensors: dict[str, torch.Tensor] = {}
    for name, network in (("generator", training.generator), ("discriminator", training.discriminator)):
        tensors |= {f"{name}.{key}": tensor for key, tensor in network.state_dict().items()}
    tensors |= {f"averaged.{at}": tensor for at, tensor in enumerate(training.averaged)}
    for name, adam in (
        ("generator_adam", training.generator_adam),
        ("discriminator_adam", training.discriminator_adam),
    ):
        for at, values in adam.state_dict()["state"].items():
            tensors |= {f"{name}.{at}.{key}": tensor for key, tensor in values.items()}
    if training.pairs is not None:
        tensors["pairs"] = training.pairs.seen
    if training.random is not None:
        tensors["random"] = training.random.get_state()
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}


def read_meta(folder: Path) -> tuple[dict[str, Any], Encoder]:
    """Checked meta data and encoder of a checkpoint."""
    folder = Path(folder)
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        content = meta.pop("content")
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointRejected(
            f"The checkpoint {folder.name!r} cannot be read: {error}.", "Take another one."
        ) from error
    if meta.get("version") not in READABLE:
        raise CheckpointRejected(
            f"The checkpoint {folder.name!r} is of version {meta.get('version')}; this program reads versions "
            f"{READABLE[0]} to {READABLE[-1]}."
        )
    if content_id(meta) != content:
        raise CheckpointRejected(f"The checkpoint {folder.name!r} was altered after it was saved.", "Take another one.")
    if meta["version"] < 3:
        meta["config"]["target_first"] = 0.0
    return meta, Encoder.from_json(meta["columns"], meta.get("rules"))


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Tensors of one file of a checkpoint."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointRejected(
            f"The file {path.name!r} of the checkpoint {path.parent.name!r} cannot be read: {error}.",
            "Take another one.",
        ) from error


def load_model(folder: Path) -> Model:
    """Load what drawing needs.

    Raises
    ------
    CheckpointRejected
        If files are missing, damaged, altered or of another version.
    """
    meta, encoder = read_meta(folder)
    config = TrainingConfig.from_json(meta["config"])
    spans = tuple(span for span in encoder.layout.spans if span.is_levels)
    conditions = Conditions(spans=spans, counts=np.array(meta["conditions"], dtype=np.int64))
    generator = Generator(config.noise_size, len(conditions), encoder.layout.width, config.generator_layers)
    tensors = read_tensors(Path(folder) / "model.safetensors")
    shifts = tensors.pop(OFFSETS, None)
    knots = {name[len(INNER) :]: tensors.pop(name) for name in list(tensors) if name.startswith(INNER)}
    try:
        generator.load_state_dict(tensors)
        offsets = Offsets.from_json(meta.get("offsets"), shifts, encoder.layout)
        inner = InnerShapes.from_json(meta.get("inner"), knots)
    except (RuntimeError, ValueError, KeyError) as error:
        raise CheckpointRejected(
            f"The weights of the checkpoint {Path(folder).name!r} do not fit its layout."
        ) from error
    return Model(
        config=config,
        encoder=encoder,
        conditions=conditions,
        generator=generator.requires_grad_(False),
        offsets=offsets,
        inner=inner,
        epoch=meta["epoch"],
        step=meta["step"],
        target=meta["target"],
    )


def resume(folder: Path, train: pd.DataFrame, schema: Schema) -> Training:
    """Go on with a saved run: on one device and number of threads, bit for bit as if it had never stopped.

    Parameters
    ----------
    folder : path of a checkpoint
    train : work frame of the very train rows of the run
    schema : Schema of the run

    Raises
    ------
    CheckpointRejected
        If the checkpoint is damaged or these are other rows.
    """
    meta, encoder = read_meta(folder)
    config = TrainingConfig.from_json(meta["config"])
    modelled = [column.name for column in schema.modelled]
    if modelled != [code.column for code in encoder.codes] or len(train) != meta["n_rows"]:
        raise CheckpointRejected(
            f"The checkpoint {Path(folder).name!r} was trained on {meta['n_rows']} rows of another table.",
            "Resume with the dataset of its run.",
        )
    encoded = encode_rows(encoder, train, config)
    training = assemble(encoder, encoded, config, meta["target"], chosen_device(config.device))
    if training.conditions.counts.tolist() != meta["conditions"]:
        raise CheckpointRejected(
            f"The checkpoint {Path(folder).name!r} was trained on other rows.", "Resume with the dataset of its run."
        )
    try:
        restore_state(training, read_tensors(Path(folder) / "state.safetensors"))
    except (KeyError, RuntimeError) as error:
        raise CheckpointRejected(
            f"The state of the checkpoint {Path(folder).name!r} does not fit its layout."
        ) from error
    training.step, training.threads = meta["step"], meta["threads"]
    return training


def restore_state(training: Training, tensors: dict[str, torch.Tensor]) -> None:
    """Put back what `state_of` took."""

    def part(prefix: str) -> dict[str, torch.Tensor]:
        return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}

    training.generator.load_state_dict(part("generator."))
    training.discriminator.load_state_dict(part("discriminator."))
    for at, own in enumerate(training.averaged):
        own.copy_(tensors[f"averaged.{at}"])
    for name, adam in (
        ("generator_adam", training.generator_adam),
        ("discriminator_adam", training.discriminator_adam),
    ):
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, tensor in part(f"{name}.").items():
            at, what = key.split(".")
            state.setdefault(int(at), {})[what] = tensor
        adam.load_state_dict({"state": state, "param_groups": adam.state_dict()["param_groups"]})
    if training.pairs is not None:
        training.pairs.seen.copy_(tensors["pairs"])
    if training.random is not None:
        training.random.set_state(tensors["random"])
