"""What a tape is asked for, and which epochs it judges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InvalidConfig, listed
from core.limits import PROBE_ROWS

MAX_CHECKPOINTS = 60
SPACINGS = ("log", "even")
PLATEAU_METRICS = ("utility_kept", "tstr_auc", "tstr_r2", "pair_trends", "detection_auc")
"""Column shapes are right from the first step, because drawing sees to them: they would always stand still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeSettings:
    """What a tape is asked for.

    Parameters
    ----------
    n_checkpoints : int
    spacing : str
        `log`: denser at the start, where everything changes; `even`: the same number of epochs apart.
    rules : sequence of str
        As the analyst writes them; see `core.evaluation.caps`.
    stops : bool
        Whether training stops once a privacy rule is broken for certain.
    rolls_back : bool
        Whether it then goes back to the last checkpoint that keeps every rule, and gives up the later ones.
    plateau : str
        Metric whose plateau stops training; empty for none.
    patience : int
        Checkpoints without a gain that make a plateau.
    gain : float
    probe_rows : int
    """

    n_checkpoints: int = 12
    spacing: str = "log"
    rules: Sequence[str] = ()
    stops: bool = False
    rolls_back: bool = False
    plateau: str = ""
    patience: int = 3
    gain: float = 0.005
    probe_rows: int = PROBE_ROWS

    def __post_init__(self) -> None:
        if not 1 <= self.n_checkpoints <= MAX_CHECKPOINTS:
            raise InvalidConfig(
                f"{self.n_checkpoints} checkpoints cannot be judged.", f"Choose 1 to {MAX_CHECKPOINTS}.",
                field="checkpoints",
            )  # fmt: skip
        if self.spacing not in SPACINGS:
            raise InvalidConfig(
                f"There is no spacing {self.spacing!r}.", f"Choose {listed(SPACINGS)}.", field="spacing"
            )
        if self.plateau and self.plateau not in PLATEAU_METRICS:
            raise InvalidConfig(
                f"A plateau of {self.plateau!r} cannot be watched.", f"Choose of {listed(PLATEAU_METRICS)}.",
                field="plateau",
            )  # fmt: skip
        if self.patience < 1 or not self.gain >= 0:
            raise InvalidConfig("A plateau needs a patience of at least 1 and a gain of at least 0.", field="plateau")


def chosen_epochs(n_epochs: int, n_checkpoints: int, spacing: str = "log") -> tuple[int, ...]:
    """Epochs whose ends are judged: the last one always, the others log-spaced from 1 or evenly spaced.

    >>> chosen_epochs(100, 5)
    (1, 3, 10, 32, 100)
    >>> chosen_epochs(100, 5, "even")
    (20, 40, 60, 80, 100)
    """
    n = min(n_checkpoints, n_epochs)
    if spacing == "even":
        return tuple(sorted({round(n_epochs * (at + 1) / n) for at in range(n)}))
    if n == 1:
        return (n_epochs,)
    found: list[int] = []
    for at in range(n):
        wanted = round(math.exp(math.log(n_epochs) * at / (n - 1)))
        found.append(max(wanted, found[-1] + 1 if found else 1))  # the first epochs of a long row would coincide
    return tuple(min(epoch, n_epochs - (n - 1 - at)) for at, epoch in enumerate(found))
