"""Positive controls on the census table: tables that are known to leak are caught, a fresh one is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.evaluation.membership import MEMBERSHIP
from core.evaluation.metric import Tables
from core.evaluation.privacy_distances import DISTANCES
from tests.benchmarks.privacy import census
from tests.evaluation.cart import draw_cart
from tests.evaluation.privacy_cases import results
from tests.real_tables import real_table

SMALL = 3_000
WHOLE = 24_421


def halves(n_rows: int, *, thirds: bool = False) -> tuple[pd.DataFrame, ...]:
    """Disjoint parts of the census table, `n_rows` each."""
    real_table("census")
    _, frame = census()
    order = np.random.default_rng(0).permutation(len(frame))
    parts = 3 if thirds else 2
    return tuple(frame.iloc[order[at * n_rows : (at + 1) * n_rows]].reset_index(drop=True) for at in range(parts))


def judged(train: pd.DataFrame, control: pd.DataFrame, synthetic: pd.DataFrame) -> dict:
    schema, _ = census()
    tables = Tables(schema=schema, train=train, control=control, synthetic=synthetic, threads=2)
    return results(DISTANCES, tables) | results(MEMBERSHIP, tables)


def changed(train: pd.DataFrame, share: float) -> pd.DataFrame:
    """The train rows with a share of cells replaced by those of other rows."""
    generator = np.random.default_rng(1)
    out = train.copy()
    for name in out:
        other = train[name].iloc[generator.integers(len(train), size=len(train))].reset_index(drop=True)
        out[name] = out[name].where(generator.random(len(train)) >= share, other)
    return out


def test_copies_with_a_tenth_of_cells_changed_are_caught() -> None:
    train, control = halves(SMALL)
    found = judged(train, control, changed(train, 0.1))
    assert found["membership_auc"].value >= 0.65
    assert found["dcr_share"].value >= 0.80
    assert found["memorised_share"].value >= 0.60


def test_a_fresh_table_is_at_chance() -> None:
    train, control, fresh = halves(SMALL, thirds=True)
    found = judged(train, control, fresh)
    assert found["membership_auc"].low <= 0.5
    assert found["dcr_share"].value == pytest.approx(0.5, abs=0.03)


def test_a_cart_synthesizer_is_caught() -> None:
    train, control = halves(SMALL)
    found = judged(train, control, draw_cart(train, SMALL, np.random.default_rng(2)))
    assert found["dcr_share"].low > 0.5
    assert found["memorised_share"].low > 0
    assert found["membership_auc"].low > 0.5


@pytest.mark.slow
def test_positive_controls_on_the_whole_table() -> None:
    train, control = halves(WHOLE)
    copies = judged(train, control, changed(train, 0.1))
    assert copies["membership_auc"].value >= 0.65
    assert copies["dcr_share"].value >= 0.80
    cart = judged(train, control, draw_cart(train, WHOLE, np.random.default_rng(2)))
    assert cart["dcr_share"].low > 0.52
    assert cart["membership_auc"].low > 0.52


@pytest.mark.slow
def test_ctgan_as_published_is_at_chance_for_membership_with_a_power_that_is_said_and_is_told_from_cart() -> None:
    train, control = halves(WHOLE)
    found = judged(train, control, draw_ctgan(train, epochs=300, pac=10, dropout=0.5))
    _told_from_cart(train, control, found)
    assert found["membership_auc"].low <= 0.5 <= found["membership_auc"].high
    # the statement has a power: with 5,000 rows of each kind an area of about .52 would have shown
    assert found["membership_auc"].anchors["detectable"] <= 0.525
    assert "would have shown four times in five" in found["membership_auc"].explanation
    assert "at chance" in found["membership_auc"].explanation


@pytest.mark.slow
def test_ctgan_with_our_defaults_is_told_from_cart_and_hardly_from_chance() -> None:
    train, control = halves(WHOLE)
    found = judged(train, control, draw_ctgan(train, epochs=300))
    _told_from_cart(train, control, found)
    # a critic of single rows learns some of them in three times the balanced preset: docs/measurements/judging.md
    assert found["membership_auc"].high < 0.55
    assert found["memorised_share"].high < 0.06


def _told_from_cart(train: pd.DataFrame, control: pd.DataFrame, found) -> None:
    """The intervals do not touch."""
    cart = judged(train, control, draw_cart(train, WHOLE, np.random.default_rng(2)))
    for metric in ("dcr_share", "memorised_share", "membership_auc"):
        print(metric, *((one[metric].value, one[metric].low, one[metric].high) for one in (found, cart)))
        assert cart[metric].low > found[metric].high, metric


def draw_ctgan(train: pd.DataFrame, *, epochs: int, **settings) -> pd.DataFrame:
    """As many rows as there are train rows, from a generator trained on them."""
    from core.records import SampleRequest
    from core.synthesis.checkpoint import model_of
    from core.synthesis.config import TrainingConfig
    from core.synthesis.sample import draw_sample
    from core.synthesis.train import prepare
    from core.synthesis.train import train as learn

    schema, _ = census()
    run = prepare(train, schema, TrainingConfig(epochs=epochs, seed=1, **settings), target="income")
    for _ in learn(run, until_epoch=epochs):
        pass
    return draw_sample(model_of(run), SampleRequest(n_rows=len(train), seed=1), schema).frame
