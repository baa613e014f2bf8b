"""Fraudsters of the demo: they test a stolen card with small payments and then drain it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.demo.merchants import COUNTRIES, NAMES, Merchants
from core.demo.people import People

TESTS = (1, 3)
DRAINS = (3, 8)
DRAIN_CATEGORIES = ("electronics", "jewellery", "online shop", "cash machine", "travel")
NIGHT_HOURS = (0, 1, 2, 3, 4, 5, 22, 23)
CAREFUL_SHARE = 0.35
"""Share of episodes in which the fraudster keeps to the day and to amounts near the victim's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Payments; every array has one entry per payment.

    Parameters
    ----------
    person, merchant : indices
    seconds : since the start of the period
    amount : in the currency of the table
    away_km : added to the way from home
    country : of the merchant's terminal
    fraud : whether a fraudster made it
    """

    person: np.ndarray
    merchant: np.ndarray
    seconds: np.ndarray
    amount: np.ndarray
    away_km: np.ndarray
    country: np.ndarray
    fraud: np.ndarray


def make_fraud(n: int, people: People, merchants: Merchants, n_days: int, rng: np.random.Generator) -> Events:
    """Draw exactly `n` fraudulent payments in episodes: some tests within an hour, then the drain until noon.

    Victims are drawn by what their account holds, since fraudsters buy cards by their expected balance.
    """
    online = merchants.lists[NAMES.index("online shop"), -1]
    targets = [merchants.lists[NAMES.index(name), -1] for name in DRAIN_CATEGORIES]
    wealth = people.balance + people.income
    columns: list[list] = [[], [], [], [], [], []]
    while len(columns[0]) < n:
        victim = int(rng.choice(len(people), p=wealth / wealth.sum()))
        careful = rng.random() < CAREFUL_SHARE
        hour = int(rng.integers(9, 21)) if careful else int(rng.choice(NIGHT_HOURS))
        start = int(rng.integers(0, n_days)) * 86_400 + hour * 3_600 + int(rng.integers(0, 3_600))
        abroad = str(rng.choice(COUNTRIES[1:])) if rng.random() < 0.6 else "GB"
        n_tests, n_drains = int(rng.integers(TESTS[0], TESTS[1] + 1)), int(rng.integers(DRAINS[0], DRAINS[1] + 1))
        seconds = start
        for step in range(n_tests + n_drains):
            testing = step < n_tests
            seconds += int(rng.exponential(400 if testing else 2_400)) + 20
            choices = online if testing else targets[int(rng.choice(len(targets), p=[0.3, 0.15, 0.3, 0.15, 0.1]))]
            usual = 60 if careful else 220
            amount = (
                rng.uniform(0.5, 4.99)
                if testing
                else usual * rng.lognormal(0, 0.7) * (people.income[victim] / 2_300) ** 0.3
            )
            far = 0.0 if testing else float(rng.gamma(2.0, 8 if careful else 90))
            row = (victim, int(rng.choice(choices)), seconds, round(float(amount), 2), far, abroad)
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    person, merchant, seconds, amount, away, country = (np.array(column)[:n] for column in columns)
    return Events(
        person=person.astype(np.int64),
        merchant=merchant.astype(np.int64),
        seconds=np.minimum(seconds.astype(np.int64), n_days * 86_400 - 1),
        amount=amount.astype(float),
        away_km=away.astype(float),
        country=country.astype(object),
        fraud=np.ones(n, dtype=bool),
    )
