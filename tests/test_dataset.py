"""The split: kept shares, kept entities, and rows that never change sides."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.dataset import SplitSpec, canonical_json, content_id, split_rows
from core.errors import InvalidConfig
from core.schema import Column, ColumnType, Schema, Storage
from core.workbench import data

KEY = "0123456789abcdef0123456789abcdef"


def table(n_rows: int = 4_000, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "amount": draw.normal(size=n_rows).round(2),
            "who": pd.Categorical(draw.integers(0, 300, n_rows).astype(str)),
            "fraud": pd.Categorical(np.where(draw.random(n_rows) < 0.02, "yes", "no")),
        }
    )


def test_the_control_share_is_met() -> None:
    split = split_rows(table(), SplitSpec(key=KEY, control_share=0.2))
    assert split.is_control.sum() == 800


def test_every_level_of_the_target_has_its_share_on_both_sides() -> None:
    frame = table()
    split = split_rows(frame, SplitSpec(key=KEY, control_share=0.25, stratify="fraud"))
    for level in ("yes", "no"):
        rows = (frame["fraud"] == level).to_numpy()
        assert abs(split.is_control[rows].sum() - 0.25 * rows.sum()) <= 1


def test_rows_of_one_entity_stay_together() -> None:
    frame = table()
    split = split_rows(frame, SplitSpec(key=KEY, control_share=0.2, group="who", stratify="fraud"))
    assert pd.Series(split.is_control).groupby(frame["who"], observed=True).nunique().max() == 1
    assert pd.Series(split.is_report_half).groupby(frame["who"], observed=True).nunique().max() == 1
    assert 0.1 < split.is_control.mean() < 0.3


def lonely(n_rows: int = 1_000) -> pd.DataFrame:
    """300 rows of 100 entities, and rows that name none."""
    who = [str(row // 3) if row < 300 else None for row in range(n_rows)]
    return pd.DataFrame({"amount": np.arange(n_rows) % 50 / 4, "who": pd.Categorical(who)})


def test_rows_without_an_entity_are_divided_each_by_itself() -> None:
    frame, shares = lonely(), []
    for number in range(20):
        spec = SplitSpec(key=f"{number:032x}", control_share=0.2, group="who", lone=True)
        split = split_rows(frame, spec)
        assert pd.Series(split.is_control).groupby(frame["who"], observed=True).nunique().max() == 1
        shares.append(split.is_control[300:].mean())
        longer = split_rows(lonely(1_500), split.spec)
        assert np.array_equal(longer.is_control[:1_000], split.is_control)
    assert 0.1 < min(shares) < 0.2 < max(shares) < 0.3


def test_a_split_of_before_keeps_rows_without_an_entity_together_and_has_the_settings_it_had() -> None:
    spec = SplitSpec(key=KEY, group="who")
    settings = {"key": KEY, "control_share": 0.2, "group": "who", "stratify": None, "thresholds": {}}
    assert spec.to_json() == settings
    assert SplitSpec.from_json(settings) == spec
    assert len(set(split_rows(lonely(), spec).is_control[300:])) == 1
    alone = SplitSpec(key=KEY, group="who", lone=True)
    assert SplitSpec.from_json(alone.to_json()) == alone


@pytest.mark.parametrize("group", [None, "who"])
def test_a_dataset_that_is_made_now_divides_rows_without_an_entity_each_by_itself(group, monkeypatch) -> None:
    columns = [
        Column(name=name, type=kind, storage=Storage.TEXT, reason="Set by the test.")
        for name, kind in (("who", ColumnType.IDENTIFIER), ("town", ColumnType.CATEGORICAL))
    ]
    schema = Schema(columns=tuple(columns))
    monkeypatch.setattr(data, "reading", lambda *_: SimpleNamespace(schema=schema))
    monkeypatch.setattr(data, "start_for", lambda session, kind, config, **_: config["split"])
    split = data.save_dataset(None, "reading", schema=schema, name="table", group=group)
    assert SplitSpec.from_json(split).lone is (group is not None)


def test_no_row_changes_sides_when_rows_are_appended() -> None:
    frame = table()
    first = split_rows(frame, SplitSpec(key=KEY, control_share=0.2, stratify="fraud"))
    longer = pd.concat([frame, table(1_000, seed=1), frame.head(50)], ignore_index=True)
    longer["fraud"] = longer["fraud"].astype("category")
    longer["who"] = longer["who"].astype("category")
    second = split_rows(longer, first.spec)
    assert np.array_equal(second.is_control[: len(frame)], first.is_control)
    assert np.array_equal(second.is_report_half[: len(frame)], first.is_report_half)


def test_a_table_of_few_distinct_rows_is_split_like_any_other() -> None:
    # Hashing the row alone would put each of the four distinct rows wholly on one side.
    frame = pd.DataFrame({"a": pd.Categorical(["x", "y"] * 500), "b": pd.Categorical(["p", "p", "q", "q"] * 250)})
    split = split_rows(frame, SplitSpec(key=KEY, control_share=0.2))
    shares = pd.Series(split.is_control).groupby([frame["a"].astype(str), frame["b"].astype(str)]).mean()
    assert shares.between(0.1, 0.3).all()


def test_another_key_gives_another_split_and_the_same_key_the_same() -> None:
    frame = table()
    one, same, other = (split_rows(frame, SplitSpec(key=key)).is_control for key in (KEY, KEY, KEY[::-1]))
    assert np.array_equal(one, same)
    assert 0.6 < (one == other).mean() < 0.76  # independent splits agree in .8 * .8 + .2 * .2 = .68 of the rows


def test_the_report_half_is_about_half_of_the_control_rows_and_none_of_the_others() -> None:
    split = split_rows(table(20_000), SplitSpec(key=KEY, control_share=0.5))
    assert not (split.is_report_half & ~split.is_control).any()
    assert 0.47 < split.is_report_half[split.is_control].mean() < 0.53


def test_a_share_of_nothing_gives_no_control_rows() -> None:
    assert not split_rows(table(), SplitSpec(key=KEY, control_share=0)).is_control.any()


def test_a_specification_survives_json() -> None:
    spec = split_rows(table(), SplitSpec(key=KEY, stratify="fraud")).spec
    assert SplitSpec.from_json(spec.to_json()) == spec


def test_an_impossible_share_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="between 0 and 0.98"):
        SplitSpec(key=KEY, control_share=1.0)


def test_content_ids_depend_on_content_and_not_on_the_order_of_keys() -> None:
    assert canonical_json({"b": 1, "a": [1.5, "é"]}) == '{"a":[1.5,"é"],"b":1}'
    assert content_id({"b": 1, "a": 2}) == content_id({"a": 2, "b": 1}) != content_id({"a": 2, "b": 2})
