"""A CART synthesizer, as synthpop's: known to keep rows of its train table, and so a positive control for privacy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor


def draw_cart(train: pd.DataFrame, n_rows: int, generator: np.random.Generator, *, leaf: int = 5) -> pd.DataFrame:
    """Columns one after the other, each drawn from the train rows in the leaf that the columns before it lead to."""
    names = list(train)
    plain = pd.DataFrame({name: _plain(train[name]) for name in names})
    first = generator.integers(len(train), size=n_rows)
    drawn = {names[0]: first}
    values = pd.DataFrame({names[0]: plain[names[0]].to_numpy()[first]})
    for at, name in enumerate(names[1:], start=1):
        is_level = isinstance(train[name].dtype, pd.CategoricalDtype)
        kind = DecisionTreeClassifier if is_level else DecisionTreeRegressor
        tree = kind(min_samples_leaf=leaf, random_state=int(generator.integers(2**31)))
        tree.fit(plain[names[:at]], plain[name])
        donors = pd.Series(np.arange(len(train))).groupby(tree.apply(plain[names[:at]])).apply(np.array)
        leaves = tree.apply(values)
        chosen = np.empty(n_rows, dtype=np.int64)
        for node in np.unique(leaves):
            there = np.flatnonzero(leaves == node)
            chosen[there] = generator.choice(donors[node], size=len(there))
        drawn[name] = chosen
        values[name] = plain[name].to_numpy()[chosen]
    return pd.DataFrame({name: train[name].iloc[rows].reset_index(drop=True) for name, rows in drawn.items()})


def _plain(series: pd.Series) -> np.ndarray:
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes.to_numpy()
    return series.fillna(series.median()).to_numpy()
