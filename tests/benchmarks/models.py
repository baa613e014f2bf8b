"""Trained models for benchmarks of drawing: loaded from a folder where they lie, trained and kept there otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.synthesis.checkpoint import Model, load_model, save_checkpoint
from core.synthesis.config import TrainingConfig
from core.synthesis.train import prepare, train
from tests.benchmarks.real_tables import RealTable


def our_model(table: RealTable, folder: Path, *, epochs: int, seed: int = 1) -> Model:
    """Ours with default settings."""
    path = folder / f"{table.name}-{epochs}"
    if not path.exists():
        training = prepare(table.train, table.schema, TrainingConfig(seed=seed, epochs=epochs), target=table.target)
        for _ in train(training, until_epoch=epochs):
            pass
        folder.mkdir(parents=True, exist_ok=True)
        save_checkpoint(training, path)
    return load_model(path)


def their_model(table: RealTable, folder: Path, *, epochs: int) -> Any:
    """ctgan's with default settings, through its public interface."""
    from ctgan import CTGAN

    path = folder / f"ctgan-{table.name}-{epochs}.pkl"
    if not path.exists():
        model = CTGAN(epochs=epochs, verbose=False, enable_gpu=False)
        model.fit(table.plain_train(), table.level_columns)
        folder.mkdir(parents=True, exist_ok=True)
        model.save(path)
    return CTGAN.load(path)
