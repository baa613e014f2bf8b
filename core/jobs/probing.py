"""A bench that judges many samples of one dataset alike: real rows are read and encoded once, seeds are fixed."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.evaluation.canaries import Canaries, canary_results, nearness
from core.evaluation.judge import judge
from core.evaluation.metric import Part, Tables
from core.jobs.canaries import canaries_of
from core.jobs.context import JobContext
from core.jobs.files import read_json
from core.jobs.protocol import CONFIG
from core.records import Direction, MetricResult, Report, SampleRequest, Scope
from core.synthesis.checkpoint import load_model
from core.synthesis.sample import draw_sample
from core.tape import CONTROL, COPY, TapePoint

PARTS = (Part.FIDELITY, Part.UTILITY, Part.PRIVACY)
CRITIC_GAP, NNDR_GAP = "critic_gap", "nndr_gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A point of a tape and the whole report behind it."""

    point: TapePoint
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What judging every sample of one run has in common.

    Parameters
    ----------
    tables : Tables
        Train rows and the selection half of the control rows; the synthetic rows are exchanged for each sample.
    fresh : DataFrame or None
        Real rows that are neither train rows nor the control rows judged against, for the anchor of fresh rows.
    run_id : str
    seed : int
        Seed of every probe sample.
    n_rows : int
        Rows of a probe sample.
    device : str
    versions : mapping
        Libraries, for the reports.
    canaries : Canaries or None
        Made-up rows that were planted among the train rows of this run.
    """

    tables: Tables
    fresh: pd.DataFrame | None
    run_id: str
    seed: int
    n_rows: int
    device: str
    versions: Mapping[str, str]
    canaries: Canaries | None = None

    def checkpoint(
        self, folder: Path, records: Iterable[Mapping[str, Any]], tell: Callable[[float, str], None]
    ) -> Judged:
        """Draw the probe sample of a checkpoint and judge it.

        The seed is the same for every checkpoint, so that from one to the next only the model changes.
        """
        begun = time.perf_counter()
        model = load_model(folder)
        request = SampleRequest(n_rows=self.n_rows, seed=self.seed)
        drawn = draw_sample(model, request, self.tables.schema, device=self.device, threads=self.tables.threads).frame
        more = [*critic_gap(records, model.step), *self._exposure(drawn)]
        return self._judged(drawn, tell, begun, more, seed=model.config.seed, epoch=model.epoch, step=model.step)

    def _exposure(self, drawn: pd.DataFrame) -> list[MetricResult]:
        """What the probe sample knows of planted rows, at scope table; empty where none were planted."""
        if self.canaries is None:
            return []
        tables = self.tables
        scores = nearness(self.canaries, tables.train, drawn, tables.schema, seed=self.seed)
        try:
            found = canary_results(self.canaries, scores, "this checkpoint", n_looks=1, n_rows=len(drawn))
        except NotApplicable:  # the coin planted all or none
            return []
        return [dataclasses.replace(one, scope=Scope.TABLE, subject=()) for one in found]

    def anchors(self, tell: Callable[[float, str], None]) -> Iterable[Judged]:
        """The same judgment on cases whose answer is known: fresh real rows, and copies of train rows."""
        frames = {COPY: some_rows(self.tables.train, self.n_rows, self.tables.generator(COPY))}
        if self.fresh is not None and len(self.fresh):
            frames[CONTROL] = some_rows(self.fresh, self.n_rows, self.tables.generator(CONTROL))
        for name, frame in frames.items():
            yield self._judged(frame, tell, time.perf_counter(), (), anchor=name)

    def _judged(
        self,
        frame: pd.DataFrame,
        tell: Callable[[float, str], None],
        begun: float,
        more: Iterable[MetricResult],
        **about: Any,
    ) -> Judged:
        tables = dataclasses.replace(self.tables, synthetic=frame, cache={})
        found = [*judge(tables, PARTS, progress=tell), *more]
        found += nndr_gap(found)
        settings = {"plan": tables.plan.value, "probe_rows": len(frame), "probe_seed": self.seed, **about}
        point = TapePoint(
            run_id=self.run_id,
            plan=tables.plan.value,
            n_rows=len(frame),
            results=tuple(one for one in found if isinstance(one, MetricResult) and of_point(one)),
            seconds=round(time.perf_counter() - begun, 3),
            **about,
        )
        return Judged(point=point, report=Report.of(found, settings=settings, versions=self.versions))


def of_point(result: MetricResult) -> bool:
    """Whether a result belongs to the point itself: those of the table, and of the attacks that a maximum is over."""
    return result.scope is Scope.TABLE or (result.scope is Scope.MODEL and result.metric == "membership_auc")


def some_rows(frame: pd.DataFrame, n_rows: int, generator: np.random.Generator) -> pd.DataFrame:
    """`n_rows` rows of a table at random and in random order, or all of them: repeated rows would feign precision."""
    return frame.iloc[generator.permutation(len(frame))[:n_rows]].reset_index(drop=True)


def critic_gap(records: Iterable[Mapping[str, Any]], step: int) -> list[MetricResult]:
    """What training noted of the critic at or before a step: mean score of train rows minus that of control rows.

    Source: the white-box form of LOGAN (Hayes et al. 2019, arXiv:1705.07663). Empty where training noted none.
    """
    noted = [one for one in records if one.get("probe") and one.get("step", 0) <= step]
    probe = noted[-1]["probe"] if noted else {}
    train, control, error = (probe.get(name) for name in ("train_score", "control_score", "score_gap_error"))
    if train is None or control is None:
        return []
    gap = float(train) - float(control)
    half = None if error is None else 1.959964 * float(error)
    n_scored = int(probe.get("n_scored", 0))
    return [
        MetricResult(
            metric=CRITIC_GAP,
            value=gap,
            low=None if half is None else gap - half,
            high=None if half is None else gap + half,
            interval="" if half is None else "95 % over the rows scored",
            direction=Direction.LOWER,
            unit="critic score, no unit",
            anchors={"fresh rows": 0.0},
            counts={"packs scored on each side": n_scored},
            explanation=(
                "How much higher the critic scores train rows than control rows; above 0, the critic knows its train "
                f"rows. Noted at step {int(noted[-1]['step']):,}."
            ),
            n_rows=n_scored,
        )
    ]


def nndr_gap(found: Iterable[Any]) -> list[MetricResult]:
    """5th percentile of NNDR against train rows minus that against as many control rows; below 0 where rows are copied.

    Both are in the result of `nndr_p05_train`; empty where they could not be measured.
    """
    for one in found:
        if isinstance(one, MetricResult) and one.metric == "nndr_p05_train" and one.scope is Scope.TABLE:
            train, control = (one.anchors.get(name) for name in ("at the number of control rows", "control rows"))
            if train is not None and control is not None:
                return [
                    MetricResult(
                        metric=NNDR_GAP,
                        value=train - control,
                        direction=Direction.HIGHER,
                        unit="difference of two ratios of 0 to 1",
                        anchors={"fresh rows": 0.0, "against train rows": train, "against control rows": control},
                        counts=one.counts,
                        explanation=(
                            f"5th percentile of nearest / second nearest distance: {train:.3f} against train rows, "
                            f"{control:.3f} against as many control rows; below 0 synthetic rows single out train rows."
                        ),
                        n_rows=one.n_rows,
                    )
                ]
    return []


def bench_of(context: JobContext, tables: Tables, fresh: pd.DataFrame | None, versions: Mapping[str, str]) -> Bench:
    """The bench that the settings of a tape ask for."""
    config = context.config
    run_settings = read_json(context.session / "jobs" / str(config["run_id"]) / CONFIG) or {}
    return Bench(
        tables=tables,
        fresh=fresh,
        run_id=str(config["run_id"]),
        seed=int(config.get("probe_seed") or 0),
        n_rows=int(config["probe_rows"]),
        device=str(config.get("device") or "auto"),
        versions=versions,
        canaries=canaries_of(run_settings, tables.train, tables.schema),
    )
