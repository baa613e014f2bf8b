"""The marker that rows are synthetic, and the sidecar that travels with a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SYNTHETIC = "These rows are synthetic. They were drawn from a model and describe no real record."
PARQUET_KEY = b"doppel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Where a file comes from, printed on pictures and written beside tables.

    Parameters
    ----------
    dataset, run, sample : str
        Ids; an empty one is left out of texts.
    epoch : int or None
        Epoch of the checkpoint that was drawn from.
    n_rows : int
        Rows of the sample.
    seed : int or None
        Seed of the draw.
    """

    dataset: str = ""
    run: str = ""
    sample: str = ""
    epoch: int | None = None
    n_rows: int = 0
    seed: int | None = None

    def line(self) -> str:
        """One line for the foot of a picture.

        >>> Stamp(run="run-1", sample="sample-2", epoch=60, n_rows=5000, seed=1).line()
        'run-1 · epoch 60 · sample-2 · 5,000 rows · seed 1'
        """
        parts = [self.run, "" if self.epoch is None else f"epoch {self.epoch}", self.sample]
        parts += [f"{self.n_rows:,} rows" if self.n_rows else "", "" if self.seed is None else f"seed {self.seed}"]
        return " · ".join(part for part in parts if part)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Stamp:
        """Rebuild a stamp from `to_json`."""
        return cls(**{name: value[name] for name in cls.__slots__ if name in value})


def sidecar(stamp: Stamp, *, file: str, digest: str, n_rows: int, guarded: bool, note: str = SYNTHETIC) -> dict:
    """What is written beside a table: what it is, where it is from, its digest, and whether cells were guarded."""
    guard = (
        "Text cells that a spreadsheet would run as a formula (beginning with =, +, -, @, tab or line end) begin with "
        "an apostrophe; numbers are as drawn."
        if guarded
        else "Cells are as drawn; a spreadsheet may run text cells that begin with =, +, - or @ as formulas."
    )
    return {"synthetic": note, "file": file, "sha256": digest, "n_rows": n_rows, "guard": guard, **stamp.to_json()}
