"""The rules behind a diagnosis: what a run's curves may show, each with its thresholds. No torch.

Every rule is one function from the history to a finding or nothing; its thresholds stand in the sentence that the
analyst reads. Curves of adversarial training are noisy and their neighbours alike, so a finding is a reason to look,
never a proof; where nothing is clear, that is what is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import NormalDist

import numpy as np

from core.errors import listed
from core.synthesis.history import History, trend, turns

RUNAWAY = 100.0
"""A loss this many times its usual size has run away."""
LOW_ENTROPY, GOOD_ENTROPY = 0.5, 0.8
"""Share of the real entropy below which a column has collapsed, and from which it had been learned."""
PROBES_IN_A_ROW = 3
"""One odd probe is no finding."""
STEPS_TO_LEARN = 2_000
"""Levels that are still missing after so many steps are worth a word; before, they may just come late."""
SMALL_CHANGE = 0.004
"""Change of the mean column shape that a probe sample of 2,000 rows can hardly tell from none."""
SURE = 1.64
"""Mann-Kendall z of a trend: one-sided 5 %."""
SWING, GAP_SWING = 0.015, 0.5
"""Swings of the mean column shape, and of the critic gap relative to its size, that count as turns."""


class Gravity(StrEnum):
    """How much a finding matters."""

    BAD = "bad"
    CAUTION = "caution"
    INFO = "info"
    GOOD = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that the curves say.

    Parameters
    ----------
    rule : str
        The rule that fired: "still learning", "converged", "critic too strong", "oscillating", "mode collapse",
        "levels missing", "memorising", "diverged", "too early" or "unclear".
    gravity : Gravity
    words : str
        What is seen, with numbers.
    because : str
        The rule and its thresholds.
    advice : str
        What to change, or that nothing has to be.
    since : int
        Epoch in which it began to show.
    settings : mapping of setting to text
        Settings of a next run that follow the advice; empty where it asks for something else.
    """

    rule: str
    gravity: Gravity
    words: str
    because: str
    advice: str
    since: int = 0
    settings: dict[str, str] = field(default_factory=dict)


def diverged(history: History) -> Finding | None:
    """Losses that are not finite, or two epochs in a row a hundred times their usual size."""
    for name, values in history.losses.items():
        bad = ~np.isfinite(values)
        if bad.any():
            return not_finite(int(history.epochs[np.argmax(bad)]), history.learning_rate, name)
    if len(history) < 6:
        return None
    for name, values in history.losses.items():
        size = np.abs(values)
        limit = RUNAWAY * max(1.0, float(np.median(size[1:-2])))
        if (size[-2:] > limit).all():
            first = len(size) - int(np.argmin((size > limit)[::-1]))
            return Finding(
                rule="diverged", gravity=Gravity.BAD, since=int(history.epochs[first]),
                words=f"The {name} has run away: {values[-1]:.3g} in epoch {history.epochs[-1]}, "
                f"where {limit / RUNAWAY:.2g} is usual.",
                because=f"Two epochs in a row with a {name} more than {RUNAWAY:.0f} times its usual size.",
                advice="Halve the learning rate and go on from a checkpoint before it; a longer warm-up helps too.",
                settings=_halved(history.learning_rate),
            )  # fmt: skip
    return None


def not_finite(epoch: int, learning_rate: float | None, name: str = "loss") -> Finding:
    """Numbers that are no longer finite."""
    return Finding(
        rule="diverged", gravity=Gravity.BAD, since=epoch,
        words=f"Training diverged in epoch {epoch}: its numbers are no longer finite.",
        because=f"A {name} that is not a finite number.",
        advice="Halve the learning rate and go on from a checkpoint before it; a longer warm-up helps too.",
        settings=_halved(learning_rate),
    )  # fmt: skip


def _halved(learning_rate: float | None) -> dict[str, str]:
    return {} if learning_rate is None else {"learning_rate": f"{learning_rate / 2:.3g}"}


def collapsed(history: History) -> Finding | None:
    """A column that had been learned and whose drawn values have lost half of their entropy, three probes in a row."""
    table = history.entropies
    if len(table) < 2 * PROBES_IN_A_ROW:
        return None
    gone, since = [], len(table)
    for at in range(table.shape[1]):
        values = table[:, at]
        low = values < LOW_ENTROPY
        if not low[-PROBES_IN_A_ROW:].all():
            continue
        first = len(values) - int(np.argmin(low[::-1])) if not low.all() else 0
        before = values[:first]
        if (before[-PROBES_IN_A_ROW * 2 :] >= GOOD_ENTROPY).sum() >= PROBES_IN_A_ROW:
            gone.append(at)
            since = min(since, first)
    if not gone:
        return None
    names = [f"{history.name(at)} ({table[-1, at]:.0%})" for at in gone]
    return Finding(
        rule="mode collapse", gravity=Gravity.BAD, since=int(history.probe_epochs[since]),
        words=f"Drawn rows have lost their variety in {listed(names, limit=5)}: so much of the real entropy is left.",
        because=f"Entropy below {LOW_ENTROPY:.0%} of the train rows' in the last {PROBES_IN_A_ROW} probes, after at "
        f"least {PROBES_IN_A_ROW} probes above {GOOD_ENTROPY:.0%}.",
        advice="Go back to a checkpoint before it and halve the learning rate; a larger pack size (pac 4 to 10) lets "
        "the critic see a lack of variety.",
        settings={"pac": "10"} | _halved(history.learning_rate),
    )  # fmt: skip


def levels_missing(history: History) -> Finding | None:
    """Levels or value ranges that are not drawn, three probes in a row, although many rows of them are expected."""
    table = history.lost
    if len(table) < PROBES_IN_A_ROW or history.steps < STEPS_TO_LEARN:
        return None
    fewest = table[-PROBES_IN_A_ROW:].min(axis=0)
    missing = [at for at in np.argsort(-fewest, kind="stable") if fewest[at] > 0]
    if not missing:
        return None
    names = [f"{history.name(at)} ({int(fewest[at])})" for at in missing]
    return Finding(
        rule="levels missing", gravity=Gravity.CAUTION,
        since=int(history.probe_epochs[-PROBES_IN_A_ROW]),
        words=f"Levels or value ranges are never drawn in {listed(names, limit=5)}.",
        because=f"None of their rows in the last {PROBES_IN_A_ROW} probes, though at least 10 of "
        f"{history.probe_rows:,} were expected, after {STEPS_TO_LEARN:,} steps.",
        advice="Train longer, keep frequencies at `log`, or raise the weight of the conditional loss; rows of such a "
        "level can also be asked for when drawing.",
        settings={"conditional_weight": "2"},
    )  # fmt: skip


def memorising(history: History) -> Finding | None:
    """The critic scores train rows above control rows by more than chance, in the last three probes.

    Source: the white-box attack of Hayes et al. 2019 (LOGAN): a critic that has seen a row scores it higher. The limit
    is Bonferroni's over the probes so far, one-sided at 5 %.
    """
    m = len(history.score_gaps)
    if m < PROBES_IN_A_ROW:
        return None
    limit = NormalDist().inv_cdf(1 - 0.05 / m)
    above = history.score_z > limit
    if not above[-PROBES_IN_A_ROW:].all():
        return None
    first = m - int(np.argmin(above[::-1])) if not above.all() else 0
    effect = float(np.mean(history.score_effects[-PROBES_IN_A_ROW:]))
    told = NormalDist().cdf(effect / 2**0.5)
    gap, error = history.score_gaps[-1], history.score_errors[-1]
    since = int(history.score_epochs[first])
    return Finding(
        rule="memorising", gravity=Gravity.CAUTION, since=since,
        words=f"The critic has begun to know train rows from others: it scores them {gap:.3g} (standard error "
        f"{error:.2g}) above control rows. It would tell a train row from a control row in about {told:.0%} of pairs; "
        "50% is guessing.",
        because=f"Gap above {limit:.1f} standard errors in the last {PROBES_IN_A_ROW} of {m} probes.",
        advice=f"Draw from a checkpoint before epoch {since}, or train a run with dropout .5 and pac 10, or narrower "
        "critic layers. The critic is not released: measure on the Privacy page what the drawn rows give away.",
        settings={"dropout": "0.5", "pac": "10"},
    )  # fmt: skip


def critic_too_strong(history: History) -> Finding | None:
    """The critic gap grows by half while column shapes do not improve.

    Source: the gap estimates the Wasserstein distance of drawn and real rows (Gulrajani et al. 2017, section 5.2) and
    falls while the generator learns.
    """
    n = len(history)
    if n < 12 or len(history.probe_epochs) < 5:
        return None
    window = slice(max(0, n - max(10, n // 3)), n)
    before = history.gap[: window.start + 2]
    if len(before) < 3:
        return None
    lowest = float(np.median(np.sort(before)[:3]))
    now = float(np.median(history.gap[-3:]))
    rise = trend(history.epochs[window], history.gap[window])
    shape_then, shape_now = history.shape_around(int(history.epochs[window.start])), history.shape_around(None)
    if not (lowest > 0 and now > 1.5 * lowest and rise.z > SURE and shape_now - shape_then < SMALL_CHANGE):
        return None
    return Finding(
        rule="critic too strong", gravity=Gravity.CAUTION, since=int(history.epochs[window.start]),
        words=f"The critic pulls away: its gap between real and drawn rows grew from {lowest:.3g} to {now:.3g}, while "
        f"the mean column shape went from {shape_then:.3f} to {shape_now:.3f}.",
        because="Critic gap more than half above its lowest and rising over the last third of the run, column shapes "
        "not rising with it.",
        advice="One critic step per generator step, a critic with dropout or narrower layers, or a lower learning "
        "rate.",
        settings={"discriminator_steps": "1", "dropout": "0.25"},
    )  # fmt: skip


def oscillating(history: History) -> Finding | None:
    """Column shapes, or the critic gap, that swing to and fro instead of settling."""
    shapes = history.mean_shapes[-12:]
    swings = turns(shapes, SWING)
    gap = history.gap[-20:]
    noise = 4 * float(np.median(history.gap_error[-20:])) if len(gap) else 0.0
    gap_swings = turns(gap, max(GAP_SWING * float(np.median(np.abs(gap))), noise)) if len(gap) >= 12 else 0
    if len(shapes) >= 8 and swings >= 3:
        seen = f"The mean column shape swings between {shapes.min():.3f} and {shapes.max():.3f}, {swings} turns in "
        seen += f"{len(shapes)} probes."
    elif gap_swings >= 4:
        seen = f"The critic gap swings between {gap.min():.3g} and {gap.max():.3g}, {gap_swings} turns in "
        seen += f"{len(gap)} epochs."
    else:
        return None
    return Finding(
        rule="oscillating", gravity=Gravity.CAUTION, since=int(history.epochs[max(0, len(history) - 20)]),
        words=seen,
        because=f"At least 3 turns of more than {SWING} in the last 12 probes, or 4 turns of more than half the gap "
        "in the last 20 epochs.",
        advice="Halve the learning rate, or take a larger batch; averaged weights (.999) hide small swings.",
        settings=_halved(history.learning_rate),
    )  # fmt: skip


def too_early(history: History) -> Finding | None:
    """Fewer than five probes: nothing can be said."""
    if len(history.probe_epochs) >= 5:
        return None
    return Finding(
        rule="too early", gravity=Gravity.INFO, words="It is too early to say anything.",
        because="Fewer than 5 probes so far.", advice="Wait for some epochs.",
    )  # fmt: skip


def still_learning(history: History) -> Finding | None:
    """Column shapes rise, or critic gap or conditional loss fall, over the last third of the run."""
    n = history.recent_probes
    shape = trend(history.probe_epochs[-n:], history.mean_shapes[-n:])
    span = int(history.probe_epochs[-1] - history.probe_epochs[-n])
    gained = shape.slope * span
    signs = []
    if gained > SMALL_CHANGE and shape.z > SURE:
        signs.append(f"the mean column shape rose by {gained:.3f} to {history.shape_around(None):.3f}")
    for name, values in (("critic gap", history.gap), ("conditional loss", history.conditional)):
        recent = history.epochs >= history.probe_epochs[-n]
        x, y = history.epochs[recent], values[recent]
        level = float(np.median(np.abs(y)))
        fall = trend(x, y)
        change = fall.slope * (x[-1] - x[0]) if len(x) > 1 else 0.0
        if level > 0.01 and change < -0.1 * level and fall.z < -SURE:
            signs.append(f"the {name} fell by {-change / level:.0%}")
    if not signs:
        return None
    return Finding(
        rule="still learning", gravity=Gravity.INFO, since=int(history.probe_epochs[-n]),
        words=f"Still learning: over the last {span} epochs {' and '.join(signs)}.",
        because=f"Shapes rising by more than {SMALL_CHANGE}, or gap or conditional loss falling by more than a tenth, "
        "over the last third of the run, beyond a chance of 5 %.",
        advice="More epochs will bring more: add some when it is done.",
    )  # fmt: skip


def converged(history: History) -> Finding | None:
    """Column shapes have stayed where they are over the last third of at least 20 epochs."""
    n = history.recent_probes
    if history.epochs[-1] < 20 or n < 5:
        return None
    recent = history.mean_shapes[-n:]
    span = int(history.probe_epochs[-1] - history.probe_epochs[-n])
    change = trend(history.probe_epochs[-n:], recent).slope * span
    if abs(change) >= SMALL_CHANGE:
        return None
    return Finding(
        rule="converged", gravity=Gravity.GOOD, since=int(history.probe_epochs[-n]),
        words=f"Settled: over the last {span} epochs the mean column shape stayed near {float(np.median(recent)):.3f} "
        f"(changed by {change:+.3f}).",
        because=f"Shapes moving by less than {SMALL_CHANGE} over the last third of the run, critic gap and conditional "
        "loss not falling by a tenth.",
        advice="Columns on their own will hardly get better. Relations between columns can: judge a sample, and "
        "compare checkpoints, before adding epochs.",
    )  # fmt: skip


def unclear(history: History) -> Finding | None:
    """None of the other states."""
    return Finding(
        rule="unclear", gravity=Gravity.INFO,
        words=f"The curves point nowhere in particular; the mean column shape is {history.shape_around(None):.3f}.",
        because="Neither rising, nor settled, by the rules above.",
        advice="Let it train on, or judge a sample of the last checkpoint.",
    )  # fmt: skip


Rule = Callable[[History], Finding | None]
WARNINGS: tuple[Rule, ...] = (collapsed, memorising, critic_too_strong, oscillating, levels_missing)
STATES: tuple[Rule, ...] = (too_early, still_learning, converged, unclear)
