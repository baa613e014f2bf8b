"""The lift study on real tables and the demo table: `python -m tests.benchmarks.lift --picture FILE`.

Three tables: census with `>50K` thinned to 1 % of train and control rows, creditcard_default as it is, and the demo
table of card payments, split by cardholder. Each trains a generator on the (thinned) train rows alone, draws rows of
the rare level, and runs `core.evaluation.lift`. Defaults are small enough for two busy cores; `--rows 0` takes all.

`--before` also asks the other question: oversample the train rows at random before the generator is trained, draw rows
of the rare level from that generator, and learn from these. It is the same study with other drawn rows, so only real
rows alone and drawn rows are learned from again.

`--out` keeps every report; the picture then shows all reports that lie there.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from core.demo.card_payments import make_card_payments
from core.evaluation.lift import LiftPlan, has, measure_lift
from core.evaluation.oversampling import missing_rows
from core.evaluation.rare_rows import measure_rare_rows
from core.figures.lift_static import lift_picture
from core.figures.static import save_figure
from core.lift import ARMS, CTGAN, REAL_ONLY, LiftReport
from core.records import Condition, SampleRequest
from core.schema import Schema
from core.synthesis.checkpoint import model_of
from core.synthesis.config import TrainingConfig
from core.synthesis.sample import draw_sample
from core.synthesis.train import prepare, train
from tests.benchmarks.real_tables import load_table

RARE = {"census": ("income", ">50K"), "creditcard_default": ("has_default", None), "demo": ("is_fraud", None)}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Rows of one table."""

    name: str
    schema: Schema
    train: pd.DataFrame
    control: pd.DataFrame
    target: str
    level: str
    group: str | None = None


def thinned(frame: pd.DataFrame, rare: np.ndarray, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """The rows with as many rare ones left as make up `share` of all."""
    keep = ~rare
    n_rare = round(share / (1 - share) * int(keep.sum()))
    keep[rng.permutation(np.flatnonzero(rare))[:n_rare]] = True
    return frame[keep].reset_index(drop=True)


def part(frame: pd.DataFrame, n_rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """At most `n_rows` rows at random; 0 takes all."""
    if not n_rows or len(frame) <= n_rows:
        return frame
    return frame.iloc[np.sort(rng.permutation(len(frame))[:n_rows])].reset_index(drop=True)


def case_of(name: str, options: argparse.Namespace) -> Case:
    """Load, split and thin one table."""
    rng = np.random.default_rng(5)
    target, level = RARE[name]
    if name == "demo":
        return _demo(options, rng)
    table = load_table(name)
    counts = table.train[target].value_counts()
    level = level or str(counts.index[-1])
    real, control = table.train, table.control
    if name == "census":
        real, control = (thinned(one, has(one, target, level), 0.01, rng) for one in (real, control))
    return Case(
        name=name, schema=table.schema, train=part(real, options.rows, rng), control=control, target=target, level=level
    )


def _demo(options: argparse.Namespace, rng: np.random.Generator) -> Case:
    """Card payments, split by cardholder."""
    import tempfile

    from core.dataset import SplitSpec, split_rows
    from core.profiling.infer import infer_schema
    from core.tables import read_frame

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demo.parquet"
        make_card_payments(options.demo_rows, seed=1).to_parquet(path, index=False)
        schema = infer_schema(path)
        frame = read_frame(path, schema)
    group = next(name for name in schema.names if "holder" in name or "customer" in name or name == "card_id")
    split = split_rows(frame, SplitSpec(key="0" * 32, control_share=0.3, group=group))
    real, control = (frame[side].reset_index(drop=True) for side in (~split.is_control, split.is_control))
    level = str(real["is_fraud"].value_counts().index[-1])
    return Case(
        name="demo", schema=schema, train=part(real, options.rows, rng), control=control, target="is_fraud",
        level=level, group=group,
    )  # fmt: skip


def study(case: Case, options: argparse.Namespace, *, before: bool) -> LiftReport:
    """Train, draw, learn, measure."""
    plan = LiftPlan(
        target=case.target, level=case.level, ratios=tuple(map(float, options.ratios.split(","))),
        seeds=tuple(range(options.seeds)), group=case.group, learners=tuple(options.learners.split(",")),
        arms=(REAL_ONLY, CTGAN) if before else ARMS,
    )  # fmt: skip
    rare = has(case.train, case.target, case.level)
    rows = case.train
    if before:
        more = np.random.default_rng(2).choice(np.flatnonzero(rare), missing_rows(rare, 0.5))
        rows = pd.concat([rows, rows.iloc[more]], ignore_index=True)
        rows[case.target] = rows[case.target].astype(case.train[case.target].dtype)
    training = prepare(rows, case.schema, TrainingConfig(seed=1, epochs=options.epochs), target=case.target)
    for _ in train(training, until_epoch=options.epochs):
        pass
    n_rows = min(options.most_drawn, max(1, missing_rows(rare, max(plan.ratios)) * len(plan.seeds)))
    condition = Condition(column=case.target, level=case.level, n_rows=n_rows)
    drawn = draw_sample(model_of(training), SampleRequest(n_rows=0, seed=1, conditions=(condition,)), case.schema)
    report = measure_lift(
        plan, case.schema, train=case.train, control=case.control, pool=drawn.frame, threads=options.threads,
        progress=lambda share, words: print(f"{case.name} {share:4.0%} {words}", file=sys.stderr, flush=True),
    )  # fmt: skip
    privacy = measure_rare_rows(
        case.schema, target=case.target, level=case.level, train=case.train, control=case.control, drawn=drawn.frame,
        group=case.group, threads=options.threads,
    )  # fmt: skip
    outcome = drawn.outcomes[0]
    return dataclasses.replace(
        report, privacy=tuple(privacy),
        settings=report.settings | {"epochs": options.epochs, "native": outcome.n_matched_natively / n_rows},
    )  # fmt: skip


def kept(folder: Path | None) -> dict[str, LiftReport]:
    """Reports of a folder by the name of their file."""
    paths = sorted(folder.glob("*.json")) if folder else []
    return {
        path.stem.replace("-", " "): LiftReport.from_json(json.loads(path.read_text(encoding="utf-8")))
        for path in paths
    }


def main() -> None:
    """Study and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(RARE))
    parser.add_argument("--rows", type=int, default=10_000, help="train rows; 0 takes all")
    parser.add_argument("--demo-rows", type=int, default=200_000)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ratios", default="0.1,0.3,1.0")
    parser.add_argument("--learners", default="gradient boosting,logistic regression")
    parser.add_argument("--most-drawn", type=int, default=50_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--before", action="store_true")
    parser.add_argument("--only-before", action="store_true", help="leave the usual study out")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--out", type=Path, help="folder of the reports, one file for each table")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    found, seconds = {}, {}
    whens = (True,) if options.only_before else (False, True) if options.before else (False,)
    for name in options.tables.split(","):
        begun = time.perf_counter()
        case = case_of(name, options)
        for before in whens:
            label = f"{name} oversampled before training" if before else name
            found[label] = study(case, options, before=before)
            seconds[label] = time.perf_counter() - begun
            if options.out:
                options.out.mkdir(parents=True, exist_ok=True)
                path = options.out / f"{label.replace(' ', '-')}.json"
                path.write_text(json.dumps(found[label].to_json()), encoding="utf-8")
    if options.picture:
        save_figure(lift_picture(list((found | kept(options.out)).items())), options.picture)
    summary = {
        name: {"sentences": report.sentences, "settings": report.settings, "seconds": seconds[name],
               "choices": [dataclasses.asdict(one) for one in report.choices],
               "privacy": [[one.metric, one.value, one.anchors] for one in report.privacy]}
        for name, report in found.items()
    }  # fmt: skip
    print(json.dumps({"benchmark": "lift", "results": summary}))


if __name__ == "__main__":
    main()
