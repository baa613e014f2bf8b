"""Distances and attacks against scikit-learn's brute force and plain Anonymeter, paired in one process.

    python -m tests.benchmarks.privacy [--parts distances,linkability,inference] [--rows 40000] [--asked 4000]
        [--attacks 2000]

Each peer's answers are compared with ours, number by number or guess by guess: a neighbour counts as equal when it is
as far away, since peers choose among rows at equal distance by their place in the table.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator
from anonymeter.stats.confidence import EvaluationResults
from sklearn.neighbors import NearestNeighbors

from core.evaluation.attacks.knowledge import WHOLE_RANGE
from core.evaluation.attacks.linkability import links
from core.evaluation.distance import Encoded, Space, encode_frames
from core.evaluation.neighbours import build_index, find_nearest
from core.schema import Column, ColumnType, Schema, Storage
from core.tables import as_work_frame

N_NEIGHBOURS = 10
HALVES = (
    ("age", "education", "marital_status", "sex", "native_country"),
    ("workclass", "occupation", "relationship", "race", "hours_per_week", "income"),
)
SECRET = "occupation"


def census() -> tuple[Schema, pd.DataFrame]:
    """The census table as a work frame; numbers with more than 20 values are continuous."""
    folder = Path(os.environ.get("DOPPEL_REAL_TABLES", Path(__file__).parents[2] / ".." / "shared" / "data"))
    raw = pd.read_csv(folder / "census.csv")
    columns = []
    for name in raw:
        is_number = raw[name].dtype != object and raw[name].nunique() > 20
        columns.append(
            Column(
                name=name,
                type=ColumnType.CONTINUOUS if is_number else ColumnType.CATEGORICAL,
                reason="Set by the benchmark.",
                storage=Storage.INTEGER if raw[name].dtype != object else Storage.TEXT,
            )
        )
    schema = Schema(columns=tuple(columns))
    return schema, as_work_frame(raw, schema)


def mixed(frame: pd.DataFrame, n_rows: int, generator: np.random.Generator) -> pd.DataFrame:
    """Rows like those of a middling generator: half of the cells of a row from another row."""
    rows = frame.iloc[generator.integers(len(frame), size=n_rows)].reset_index(drop=True)
    for name in rows:
        other = frame[name].iloc[generator.integers(len(frame), size=n_rows)].reset_index(drop=True)
        rows[name] = rows[name].where(generator.random(n_rows) < 0.5, other)
    return rows


def space_of(schema: Schema, names: tuple[str, ...], **frames: pd.DataFrame) -> Space:
    """Numbers over their whole range, so that no term is capped and sums are plain Manhattan distances."""
    columns = [schema[name] for name in names]
    return encode_frames(frames, columns, percentiles=WHOLE_RANGE, range_from=tuple(frames))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def dense(space: Space, rows: Encoded) -> np.ndarray:
    """The same encoding for scikit-learn: numbers over their range, levels as halves of one-hot columns."""
    numbers = (rows.numbers * space.inverse_range[:, None]).T
    levels = [
        0.5 * (codes[:, None] == np.arange(size)) for codes, size in zip(rows.levels, space.n_levels, strict=True)
    ]
    return np.concatenate([numbers, *levels], axis=1)


def distances(n_rows: int, threads: int, n_asked: int | None = None) -> dict[str, Any]:
    """The two nearest of `n_rows` real rows for as many synthetic ones: what DCR and NNDR need.

    With `n_asked`, scikit-learn answers only for so many synthetic rows, spread evenly: its brute force compares every
    one with every real row, so its time for all is in proportion.
    """
    schema, frame = census()
    generator = np.random.default_rng(0)
    real = frame.iloc[generator.permutation(len(frame))[:n_rows]].reset_index(drop=True)
    space = space_of(schema, schema.names, real=real, synthetic=mixed(frame, n_rows, generator))
    few = space.tables["synthetic"].rows(np.arange(10))
    find_nearest(few, build_index(space.tables["real"], space, generator), 2)  # compiles where that was never done
    ours, near = timed(
        lambda: find_nearest(
            space.tables["synthetic"], build_index(space.tables["real"], space, generator), 2, threads=threads
        )
    )
    asked = np.linspace(0, n_rows - 1, min(n_asked or n_rows, n_rows)).astype(np.int64)
    reference = dense(space, space.tables["real"])
    queries = dense(space, space.tables["synthetic"].rows(asked))
    model = NearestNeighbors(n_neighbors=2, algorithm="brute", metric="manhattan", n_jobs=threads).fit(reference)
    peer, (apart, _) = timed(lambda: model.kneighbors(queries))
    return {
        "rows": n_rows,
        "columns": space.n_columns,
        "seconds": ours,
        "scikit-learn rows": len(asked),
        "scikit-learn seconds": peer,
        "times as fast": peer * n_rows / len(asked) / ours,
        "largest difference of a distance": float(np.abs(apart / space.n_columns - near.distance[asked]).max()),
    }


def library_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Plain columns for Anonymeter: floats and strings."""
    return frame.astype({name: object for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)})


def equally_near(space: Space, theirs: np.ndarray, ours: np.ndarray) -> tuple[int, int]:
    """Guesses whose neighbours are as far away as ours, and guesses that name the same rows."""
    queries, rows = space.tables["targets"], space.tables["synthetic"]
    found = []
    for lists in (theirs, ours):
        apart = sum(
            np.abs(rows.numbers[at][lists] - queries.numbers[at][:, None]) * scale
            for at, scale in enumerate(space.inverse_range)
        )
        apart = apart + sum(codes[lists] != queries.levels[at][:, None] for at, codes in enumerate(rows.levels))
        found.append(np.sort(apart, axis=1))
    equal = np.isclose(found[0], found[1], atol=1e-6).all(axis=1)
    same = (np.sort(theirs, axis=1) == np.sort(ours, axis=1)).all(axis=1)
    return int(equal.sum()), int(same.sum())


def linkability(n_attacks: int, threads: int) -> dict[str, Any]:
    """Linkability of train and control rows."""
    schema, frame = census()
    generator = np.random.default_rng(1)
    order = generator.permutation(len(frame))
    train, control = frame.iloc[order[: len(order) * 4 // 5]], frame.iloc[order[len(order) * 4 // 5 :]]
    train, control = train.reset_index(drop=True), control.reset_index(drop=True)
    synthetic = mixed(train, len(train), generator)
    plain = [library_frame(one) for one in (train, synthetic, control)]
    np.random.seed(0)  # the library draws its targets from the global generator
    evaluator = LinkabilityEvaluator(
        plain[0], plain[1], aux_cols=tuple(map(list, HALVES)), n_attacks=n_attacks, n_neighbors=N_NEIGHBOURS,
        control=plain[2],
    )  # fmt: skip
    peer, _ = timed(lambda: evaluator.evaluate(n_jobs=threads))
    np.random.seed(0)
    targets = [one.sample(n_attacks, replace=False).index for one in (plain[0], plain[2])]
    chosen = {"targets": train.loc[targets[0]], "controls": control.loc[targets[1]]}

    def attack() -> list[tuple[Space, dict[str, np.ndarray]]]:
        made = []
        for half in HALVES:
            space = space_of(schema, half, synthetic=synthetic, **chosen)
            index = build_index(space.tables["synthetic"], space, generator)
            found = {
                name: find_nearest(space.tables[name], index, N_NEIGHBOURS, threads=threads).index for name in chosen
            }
            made.append((space, found))
        linked = {name: int(links(made[0][1][name], made[1][1][name]).sum()) for name in chosen}
        EvaluationResults(n_attacks, linked["targets"], 0, linked["controls"])
        return made

    ours, made = timed(attack)
    theirs = (evaluator._attack_links._idx_0, evaluator._attack_links._idx_1)
    compared = [
        equally_near(space, lists, found["targets"]) for (space, found), lists in zip(made, theirs, strict=True)
    ]
    return {
        "attacks": n_attacks,
        "seconds": ours,
        "anonymeter seconds": peer,
        "times as fast": peer / ours,
        "guesses compared": 2 * n_attacks,
        "guesses with neighbours as near": sum(equal for equal, _ in compared),
        "guesses with the very same neighbours": sum(same for _, same in compared),
    }


def inference(n_attacks: int, threads: int) -> dict[str, Any]:
    """Inference of one secret from all other columns, for train and control rows."""
    schema, frame = census()
    generator = np.random.default_rng(2)
    order = generator.permutation(len(frame))
    train, control = frame.iloc[order[: len(order) * 4 // 5]], frame.iloc[order[len(order) * 4 // 5 :]]
    train, control = train.reset_index(drop=True), control.reset_index(drop=True)
    synthetic = mixed(train, len(train), generator)
    known = tuple(name for name in schema.names if name != SECRET)
    plain = [library_frame(one) for one in (train, synthetic, control)]
    np.random.seed(0)
    evaluator = InferenceEvaluator(
        plain[0], plain[1], aux_cols=list(known), secret=SECRET, n_attacks=n_attacks, control=plain[2]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer, _ = timed(lambda: evaluator.evaluate(n_jobs=threads))
    chosen = {
        "targets": train.loc[evaluator._guesses_success.index],
        "controls": control.loc[evaluator._guesses_control.index],
    }

    def attack() -> tuple[Space, np.ndarray]:
        space = space_of(schema, known, synthetic=synthetic, **chosen)
        index = build_index(space.tables["synthetic"], space, generator)
        found = [find_nearest(space.tables[name], index, 1, threads=threads).index[:, 0] for name in chosen]
        return space, found[0]

    ours, (space, near) = timed(attack)
    guesses = synthetic[SECRET].astype(object).to_numpy()[near]
    index = build_index(space.tables["synthetic"], space, generator)
    tied = find_nearest(space.tables["targets"], index, 60, threads=threads)
    possible = [
        set(synthetic[SECRET].astype(object).to_numpy()[rows[apart == apart[0]]])
        for rows, apart in zip(tied.index, tied.distance, strict=True)
    ]
    theirs = evaluator._guesses_success.to_numpy()
    return {
        "attacks": n_attacks,
        "seconds": ours,
        "anonymeter seconds": peer,
        "times as fast": peer / ours,
        "guesses compared": n_attacks,
        "guesses of a row as near": int(sum(one in options for one, options in zip(theirs, possible, strict=True))),
        "guesses that are the same": int((guesses == theirs).sum()),
    }


def main(arguments: list[str]) -> None:
    """Print a JSON object with a part per benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="distances,linkability,inference")
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--asked", type=int, help="rows that scikit-learn answers for; all by default")
    parser.add_argument("--attacks", type=int, default=2_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args(arguments)
    parts = {
        "distances": lambda: distances(chosen.rows, chosen.threads, chosen.asked),
        "linkability": lambda: linkability(chosen.attacks, chosen.threads),
        "inference": lambda: inference(chosen.attacks, chosen.threads),
    }
    answer = {name: parts[name]() for name in chosen.parts.split(",")}
    json.dump(answer, sys.stdout, indent=1)


if __name__ == "__main__":
    main(sys.argv[1:])
