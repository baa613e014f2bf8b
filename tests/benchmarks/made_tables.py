"""Tables of other kinds than the two real ones: the demo table, scikit-learn's bundled ones, and made-up laws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.demo.card_payments import make_card_payments


def digits() -> pd.DataFrame:
    """1,797 rows of 64 small whole numbers and ten classes: wide, few rows, many classes."""
    from sklearn.datasets import load_digits

    found = load_digits(as_frame=True)
    return found.data.astype(int).assign(digit=[f"digit {one}" for one in found.target])


def breast_cancer() -> pd.DataFrame:
    """569 rows of 30 strongly correlated decimals and two classes."""
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer(as_frame=True)
    return found.data.assign(kind=np.where(found.target == 1, "benign", "malignant"))


def heavy_tails(n_rows: int = 15_000, seed: int = 0) -> pd.DataFrame:
    """Amounts over many powers of ten, zeros, negative balances, and gaps that depend on another column."""
    rng = np.random.default_rng(seed)
    segment = rng.choice(["retail", "business", "trade"], n_rows, p=[0.8, 0.17, 0.03])
    scale = np.select([segment == "retail", segment == "business"], [6.0, 8.5], 11.0)
    wealth = rng.normal(scale, 1.0)
    turnover = np.exp(wealth + rng.normal(0, 0.5, n_rows)).round(2)
    balance = (np.exp(wealth - 1) * rng.standard_t(2.5, n_rows)).round(2)
    claims = rng.poisson(np.exp(0.4 * (wealth - 7)))
    paid = np.where(claims > 0, (rng.pareto(1.6, n_rows) + 1) * 100 * claims, 0.0).round(2)
    years = rng.gamma(2.0, 4.0, n_rows).round(1)
    logit = -3.2 + 0.5 * claims + 0.35 * (balance < 0) * np.log1p(np.abs(balance)) - 0.1 * years
    late = rng.random(n_rows) < 1 / (1 + np.exp(-logit))
    return pd.DataFrame(
        {
            "segment": segment,
            "turnover": np.where((segment == "retail") & (rng.random(n_rows) < 0.4), np.nan, turnover),
            "balance": balance,
            "claims": claims,
            "paid": paid,
            "years": np.where(claims == 0, years, np.where(rng.random(n_rows) < 0.3, np.nan, years)),
            "share": rng.beta(0.4, 0.8, n_rows).round(4),
            "late": np.where(late, "yes", "no"),
        }
    )


def many_levels(n_rows: int = 15_000, seed: int = 0) -> pd.DataFrame:
    """Levels alone but for two numbers: 400 towns in 12 regions, 40 products, and a target of eight classes."""
    rng = np.random.default_rng(seed)
    town = rng.choice(400, n_rows, p=_falling(400, 0.9))
    region = np.arange(400)[town] % 12
    liking = rng.dirichlet(np.full(40, 0.15), 12)
    product = np.array([rng.choice(40, p=liking[one]) for one in region])
    channel = np.where(rng.random(n_rows) < 0.8, product % 5, rng.integers(0, 5, n_rows))
    outcome = np.where(rng.random(n_rows) < 0.7, (product // 5 + channel) % 8, rng.integers(0, 8, n_rows))
    quantity = rng.poisson(1 + product % 7) + 1
    return pd.DataFrame(
        {
            "region": [f"region {one}" for one in region],
            "town": [f"town {one}" for one in town],
            "product": [f"product {one}" for one in product],
            "channel": np.array(["shop", "phone", "web", "post", "agent"])[channel],
            "quantity": quantity,
            "price": (np.exp(rng.normal(2 + 0.1 * (product % 11), 0.15)) * quantity).round(2),
            "gift": rng.random(n_rows) < 0.04 + 0.2 * (channel == 3),
            "outcome": [f"outcome {one}" for one in outcome],
        }
    )


def tiny() -> pd.DataFrame:
    """200 rows of the heavy tails."""
    return heavy_tails(200, seed=1)


def _falling(n: int, power: float) -> np.ndarray:
    share = 1 / np.arange(1, n + 1) ** power
    return share / share.sum()


MADE = {
    "demo": (lambda: make_card_payments(20_000), "is_fraud"),
    "digits": (digits, "digit"),
    "breast_cancer": (breast_cancer, "kind"),
    "heavy_tails": (heavy_tails, "late"),
    "many_levels": (many_levels, "outcome"),
    "tiny": (tiny, "late"),
}
"""Name to a maker and the target."""
