"""Do the privacy metrics tell the truth? Tables of known leak, judged again and again.

    python -m tests.calibration.privacy null --repetitions 400 > docs/calibration/privacy-null.json
    python -m tests.calibration.privacy dose --repetitions 20 > docs/calibration/privacy-dose-copied.json
    python -m tests.calibration.privacy dose --repetitions 20 --changed 0.1 > docs/calibration/privacy-dose-changed.json

With `--kept FILE` every repetition is appended to a file and not made again, so a run can be cut off and taken up.

`null`: synthetic rows are independent of the train rows; the share of repetitions in which each interval contains the
truth (0 for differences and residual risks before clipping, .5 for shares and areas) is counted.
`dose`: a share of the synthetic rows are train rows, each cell of them changed with some chance; the mean of each
metric, and the share of repetitions in which its interval excludes the truth (its power), per dose; and whether means
rise with the dose by more than chance, with no fall that is more than chance.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from core.evaluation import rates
from core.evaluation.attacks.adapter import Guesses, residual_risk
from core.evaluation.attacks.inference import attack_secret
from core.evaluation.attacks.knowledge import draw_targets, suggest_halves, suggest_secrets
from core.evaluation.attacks.linkability import N_NEIGHBOURS, attack_links
from core.evaluation.attacks.singling_out import attack_multivariate, attack_univariate, prepare
from core.evaluation.disclosure import ATTRIBUTE_DISCLOSURE
from core.evaluation.identifiability import IDENTIFIABILITY
from core.evaluation.membership import strongest
from core.evaluation.membership_scores import score_targets
from core.evaluation.metric import Tables
from core.evaluation.privacy_distances import DISTANCES
from tests.evaluation.privacy_cases import case, results

DOSES = (0.0, 0.01, 0.02, 0.05, 0.10, 0.20, 0.50, 1.0)
POWER = 0.80
N_ROWS = 1000
N_ATTACKS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One interval and what it should contain."""

    name: str
    truth: float
    estimate: rates.Estimate

    @property
    def holds(self) -> bool:
        return self.estimate.low <= self.truth <= self.estimate.high

    @property
    def seen(self) -> bool:
        """Whether the interval lies above the truth of a table without a leak."""
        return self.estimate.low > self.truth


def distances(tables: Tables) -> Iterator[Found]:
    for name, truth in (("dcr_share", 0.5), ("memorised_share", 0.0)):
        one = results(DISTANCES, tables)[name]
        # differences, not clipped at 0 or 1: the interval of a share near 1 is cut only there
        yield Found(name=name, truth=truth, estimate=rates.Estimate(value=one.value, low=one.low, high=one.high))


def singling_out(tables: Tables) -> Iterator[Found]:
    prepared = prepare(tables)
    yield _risk("singling_out_univariate", attack_univariate(prepared, n_attacks=N_ATTACKS, seed=tables.seed))
    made = attack_multivariate(prepared, n_attacks=N_ATTACKS, n_columns=3, max_attempts=200_000, seed=tables.seed)
    yield _risk("singling_out_multivariate", made)


def linkability(tables: Tables) -> Iterator[Found]:
    guesses, _ = attack_links(tables, suggest_halves(tables), n_attacks=N_ATTACKS, n_neighbours=N_NEIGHBOURS)
    yield _risk("linkability", guesses)


def inference(tables: Tables) -> Iterator[Found]:
    targets = draw_targets(tables, N_ATTACKS, np.random.default_rng(tables.seed))
    secrets = suggest_secrets(tables, 16)
    tried = {}
    for secret in secrets:
        known = tuple(name for name in tables.schema.names if name != secret)
        tried[secret] = attack_secret(tables, targets, secret, known, N_ATTACKS)
        yield _risk(f"inference of {secret}", tried[secret])
    level = rates.simultaneous_level(len(secrets))
    yield _maximum("inference, largest", [residual_risk(one, level=level).signed for one in tried.values()], 0.0)


def membership(tables: Tables) -> Iterator[Found]:
    scored = score_targets(tables, N_ATTACKS)
    for name in scored.members:
        estimate = rates.area_under_curve(scored.members[name], scored.others[name])
        yield Found(name=f"membership by {name}", truth=0.5, estimate=estimate)
    yield Found(name="membership_auc", truth=0.5, estimate=strongest(scored.members, scored.others).estimate)


def disclosure(tables: Tables) -> Iterator[Found]:
    one = results(IDENTIFIABILITY, tables)["identifiability"]
    yield Found(name="identifiability", truth=0.0, estimate=rates.Estimate(value=one.value, low=one.low, high=one.high))
    anchors = results(ATTRIBUTE_DISCLOSURE, tables)["attribute_disclosure"].anchors
    estimate = rates.Estimate(value=anchors["signed"], low=anchors["signed low"], high=anchors["signed high"])
    yield Found(name="attribute_disclosure", truth=0.0, estimate=estimate)


def _risk(name: str, guesses: Guesses) -> Found:
    return Found(name=name, truth=0.0, estimate=residual_risk(guesses).signed)


def _maximum(name: str, estimates: list[rates.Estimate], truth: float) -> Found:
    value, low, high = (max(getattr(one, end) for one in estimates) for end in ("value", "low", "high"))
    return Found(name=name, truth=truth, estimate=rates.Estimate(value=value, low=low, high=high))


EVERY: tuple[Callable[[Tables], Iterator[Found]], ...] = (
    distances,
    singling_out,
    linkability,
    inference,
    membership,
    disclosure,
)


def judged(seed: int, copied: float = 0.0, changed: float = 0.0, n_rows: int = N_ROWS) -> list[Found]:
    """Every interval for one table of `n_rows` train, control and synthetic rows."""
    tables = case(n_rows, n_rows, n_rows, copied=copied, changed=changed, seed=seed)
    return [found for metric in EVERY for found in metric(tables)]


def coverage(repetitions: list[list[Found]]) -> dict[str, dict[str, float]]:
    """Per metric: share of intervals that hold, mean, and standard deviation against the mean half-width."""
    out = {}
    for at, one in enumerate(repetitions[0]):
        found = [repetition[at] for repetition in repetitions]
        values = np.array([item.estimate.value for item in found])
        width = np.mean([(item.estimate.high - item.estimate.low) / 2 for item in found])
        out[one.name] = {
            "holds": float(np.mean([item.holds for item in found])),
            "above": float(np.mean([item.seen for item in found])),
            "mean": float(values.mean()),
            "spread": float(values.std()),
            "half width": float(width),
        }
    return out


def power(repetitions: list[list[Found]]) -> dict[str, dict[str, float]]:
    """Per metric: mean, and share of repetitions in which the interval lies above the truth without a leak."""
    return {
        one.name: {
            "mean": float(np.mean([repetition[at].estimate.value for repetition in repetitions])),
            "seen": float(np.mean([repetition[at].seen for repetition in repetitions])),
        }
        for at, one in enumerate(repetitions[0])
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Whether the means of one metric rise with the dose.

    Parameters
    ----------
    in_order : bool
        No mean is below that of the dose before.
    largest_fall : float
        The largest fall from one dose to the next in standard errors of their difference; 0 without a fall.
    allowed : float
        The fall that chance alone stays below in 95 % of the metrics: Student's t at level 1 - .05 / steps, one-sided.
    rise : float
        From no dose to the largest one, in standard errors.
    """

    in_order: bool
    largest_fall: float
    allowed: float
    rise: float

    @property
    def rises(self) -> bool:
        """The rule: the whole rise is more than chance explains, and no fall between two doses is."""
        return self.largest_fall <= self.allowed < self.rise


def orders(repetitions: Mapping[float, list[list[Found]]]) -> dict[str, Order]:
    """Per metric whether its mean rises with the dose, judged by standard errors.

    The same seeds are judged at every dose, so differences are taken seed by seed.

    Parameters
    ----------
    repetitions : mapping of dose to repetitions, the same seeds in the same order
    """
    doses = sorted(repetitions)
    found = {}
    for at, one in enumerate(repetitions[doses[0]][0]):
        values = np.array([[each[at].estimate.value for each in repetitions[dose]] for dose in doses])
        steps = [_in_errors(after - before) for before, after in itertools.pairwise(values)]
        level = 1 - 0.05 / len(steps)
        found[one.name] = Order(
            in_order=min(steps) >= 0,
            largest_fall=max(-min(steps), 0.0),
            allowed=float(stats.t.ppf(level, values.shape[1] - 1)),
            rise=_in_errors(values[-1] - values[0]),
        )
    return found


def _in_errors(differences: np.ndarray) -> float:
    """Mean of differences in its standard errors."""
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    return float(differences.mean() / error) if error > 0 else float(np.sign(differences.mean()) * np.inf)


def smallest_doses(answer: dict[str, dict[str, dict[str, float]]]) -> dict[str, float | None]:
    """Per metric the smallest dose from which on four repetitions of five see it; None where that is never so.

    Parameters
    ----------
    answer : mapping of dose to what `power` gives
    """
    doses = sorted(float(dose) for dose in answer if float(dose) > 0)
    out: dict[str, float | None] = {}
    for name in answer[str(doses[0])]:
        seen = [answer[str(dose)][name]["seen"] >= POWER for dose in doses]
        out[name] = next((dose for at, dose in enumerate(doses) if all(seen[at:])), None)
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """One table to judge."""

    seed: int
    copied: float
    changed: float

    @property
    def key(self) -> str:
        return f"{self.copied:g} {self.changed:g} {self.seed}"


def _one(repetition: Repetition) -> list[Found]:
    return judged(repetition.seed, repetition.copied, repetition.changed)


def kept_repetitions(wanted: list[Repetition], path: Path | None, processes: int) -> list[list[Found]]:
    """Judge what a file does not hold yet, appending each to it."""
    known: dict[str, list[Found]] = {}
    if path is not None and path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            key, found = json.loads(line)
            known[key] = [Found(name=name, truth=truth, estimate=_estimate(ends)) for name, truth, ends in found]
    left = [one for one in wanted if one.key not in known]
    with ProcessPoolExecutor(processes) as pool:
        for one, found in zip(left, pool.map(_one, left), strict=True):
            known[one.key] = found
            if path is not None:
                plain = [(item.name, item.truth, dataclasses.astuple(item.estimate)) for item in found]
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([one.key, plain]) + "\n")
    return [known[one.key] for one in wanted]


def _estimate(ends: list[float]) -> rates.Estimate:
    value, low, high = ends
    return rates.Estimate(value=value, low=low, high=high)


def main(arguments: list[str]) -> None:
    """Print a JSON object: the question, the counts, and the answer per metric."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", choices=("null", "dose"))
    parser.add_argument("--repetitions", type=int, default=400)
    parser.add_argument("--changed", type=float, default=0.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--kept", type=Path)
    chosen = parser.parse_args(arguments)
    doses = (0.0,) if chosen.question == "null" else DOSES
    wanted = [
        Repetition(seed=seed, copied=dose, changed=chosen.changed)
        for dose in doses
        for seed in range(chosen.repetitions)
    ]
    found = kept_repetitions(wanted, chosen.kept, chosen.processes)
    parts = [found[at * chosen.repetitions : (at + 1) * chosen.repetitions] for at in range(len(doses))]
    settings = {"rows": N_ROWS, "attacks": N_ATTACKS, "repetitions": chosen.repetitions, "changed": chosen.changed}
    said: dict[str, object] = {"question": chosen.question, "settings": settings}
    if chosen.question == "null":
        said["answer"] = coverage(parts[0])
    else:
        answer = {str(dose): power(part) for dose, part in zip(doses, parts, strict=True)}
        order = orders(dict(zip(doses, parts, strict=True)))
        said |= {
            "answer": answer,
            "smallest dose seen four times in five": smallest_doses(answer),
            "order": {name: {**dataclasses.asdict(one), "rises": one.rises} for name, one in order.items()},
        }
    json.dump(said, sys.stdout, indent=1)


if __name__ == "__main__":
    main(sys.argv[1:])
