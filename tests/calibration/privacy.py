"""Do the privacy metrics tell the truth? Tables of known leak, judged again and again.

    python -m tests.calibration.privacy null --repetitions 400 > docs/calibration/privacy-null.json
    python -m tests.calibration.privacy dose --repetitions 20  > docs/calibration/privacy-dose.json

`null`: synthetic rows are independent of the train rows; the share of repetitions in which each interval contains the
truth (0 for differences and residual risks before clipping, .5 for shares and areas) is counted.
`dose`: a share of the synthetic rows are train rows, each cell of them changed with some chance; the mean of each
metric, and the share of repetitions in which its interval excludes the truth (its power), per dose.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

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

DOSES = (0.0, 0.01, 0.05, 0.10, 0.50, 1.0)
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


def main(arguments: list[str]) -> None:
    """Print a JSON object: the question, the counts, and the answer per metric."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", choices=("null", "dose"))
    parser.add_argument("--repetitions", type=int, default=400)
    parser.add_argument("--changed", type=float, default=0.0)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args(arguments)
    seeds = range(chosen.repetitions)
    settings = {"rows": N_ROWS, "attacks": N_ATTACKS, "repetitions": chosen.repetitions, "changed": chosen.changed}
    with ProcessPoolExecutor(chosen.processes) as pool:
        if chosen.question == "null":
            answer = coverage(list(pool.map(judged, seeds)))
        else:
            answer = {
                str(dose): power(list(pool.map(judged, seeds, [dose] * len(seeds), [chosen.changed] * len(seeds))))
                for dose in DOSES
            }
    json.dump({"question": chosen.question, "settings": settings, "answer": answer}, sys.stdout, indent=1)


if __name__ == "__main__":
    main(sys.argv[1:])
