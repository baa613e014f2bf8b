"""The demo table: an agent-based simulation of card payments, a small share of them fraud.

Cardholders buy where they live and by their habits, are paid a salary late in the month and pay rent on its first days;
their balance follows. Fraudsters take over a card, test it with a few small online payments, then drain it at night and
far from its owner's home. Everybody is made up; names and numbers come from Faker.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from faker import Faker

from core.demo.agents import (
    CATEGORIES,
    CITIES,
    COUNTRY_KM,
    FAVOURITES,
    Cardholders,
    Merchants,
    city_places,
    favourites,
    make_cardholders,
    make_merchants,
)
from core.errors import InvalidConfig

START = np.datetime64("2025-01-01T00:00:00", "s")
DAY = 86_400
DAYS = 120
ROWS_PER_CARDHOLDER = 60
TESTS, DRAINS = (2, 4), (2, 7)
"""Fewest and most (exclusive) small and large payments of one fraud."""

SALARY, RENT = "salary", "rent"


def make_card_payments(n_rows: int = 20_000, *, seed: int = 0, fraud_share: float = 0.01) -> pd.DataFrame:
    """Simulate card payments.

    Parameters
    ----------
    n_rows : int
        Payments, at least 1.
    seed : int
        The same seed gives the same table.
    fraud_share : float, 0 to 0.5
        Share of payments made by fraudsters, met to a row.

    Returns
    -------
    DataFrame of shape (n_rows, 19), ordered by time
        `is_fraud` is the target, `cardholder_id` the entity, `transaction_id` unique.

    Raises
    ------
    InvalidConfig
        If a number is outside its range.
    """
    if n_rows < 1:
        raise InvalidConfig(f"The demo table cannot have {n_rows} rows.", "Ask for at least one.", field="n_rows")
    if not 0 <= fraud_share <= 0.5:
        raise InvalidConfig(f"The share of fraud is {fraud_share}; it must be 0 to 0.5.", field="fraud_share")
    draw = np.random.default_rng(seed)
    faker = Faker("en_GB", use_weighting=False)
    faker.seed_instance(seed)
    cities = city_places(draw)
    people = make_cardholders(max(5, n_rows // ROWS_PER_CARDHOLDER), cities, draw, faker)
    shops = make_merchants(int(np.clip(n_rows // 60, 40, 400)), cities, draw, faker)

    n_fraud = round(n_rows * fraud_share)
    calendar = _calendar(people, draw, n_rows - n_fraud)
    honest = _purchases(people, shops, draw, n_rows - n_fraud - len(calendar))
    frauds = _frauds(people, shops, draw, n_fraud)
    events = pd.concat([calendar, honest, frauds], ignore_index=True)
    return _as_table(events.sort_values(["time", "person"], kind="stable", ignore_index=True), people, shops, draw)


def _events(**columns: object) -> pd.DataFrame:
    """Payments as indices: time in seconds since the start, person, shop (-1 for none), amount, kind, fraud."""
    return pd.DataFrame(columns).astype({"time": np.int64, "person": np.int64, "shop": np.int64, "amount": float})


def _calendar(people: Cardholders, draw: np.random.Generator, most: int) -> pd.DataFrame:
    """Salaries on the 25th or the Friday before, rents on the first days of the month; at most a tenth of the rows."""
    frames = []
    for month in np.arange("2025-01", "2025-05", dtype="datetime64[M]"):
        first = month.astype("datetime64[D]")
        payday = first + 24
        payday -= np.maximum(0, (payday.astype(np.int64) + 3) % 7 - 4)  # 0 is a Monday: 1970-01-01 was a Thursday
        earner = np.flatnonzero(draw.random(len(people)) < 0.92)
        tenant = np.flatnonzero(people.rent > 0)
        for who, day, kind, amount in (
            (earner, np.full(len(earner), payday), SALARY, people.income[earner] * draw.normal(1, 0.01, len(earner))),
            (tenant, first + draw.integers(0, 3, len(tenant)), RENT, people.rent[tenant]),
        ):
            at = (day - START.astype("datetime64[D]")).astype(np.int64) * DAY
            clock = 6 * 3600 + draw.integers(0, 3600, len(who))
            frames.append(
                _events(time=at + clock, person=who, shop=-1, amount=np.round(amount, 2), kind=kind, fraud=False)
            )
    every = pd.concat(frames, ignore_index=True)
    kept = min(len(every), most // 10)
    return every.iloc[np.sort(draw.permutation(len(every))[:kept])]


def _purchases(people: Cardholders, shops: Merchants, draw: np.random.Generator, n: int) -> pd.DataFrame:
    """Honest purchases: who by activity, when by weekday and habit, what by habit, where among favourites."""
    person = draw.choice(len(people), n, p=people.activity / people.activity.sum())
    weekday = (np.arange(DAYS) + 2) % 7  # 2025-01-01 was a Wednesday
    busy = np.array([1.0, 0.95, 1.0, 1.05, 1.3, 1.5, 0.8])[weekday]
    day = draw.choice(DAYS, n, p=busy / busy.sum())
    edges = people.habits.cumsum(axis=1)
    category = np.minimum((draw.random((n, 1)) > edges[person]).sum(axis=1), len(CATEGORIES) - 1)
    liked = np.minimum(draw.geometric(0.4, n) - 1, FAVOURITES - 1)
    shop = favourites(people, shops, draw)[person, category, liked]
    facts = np.array(list(CATEGORIES.values()))
    opening, closing = facts[category, 2], facts[category, 3]
    hour = draw.normal(people.hour[person], 3.0)
    hour = np.where((hour < opening) | (hour >= closing), draw.uniform(opening, closing), hour)
    wealth = (people.income[person] / np.median(people.income)) ** 0.5
    amount = facts[category, 0] * shops.price[shop] * wealth * draw.lognormal(-0.15, facts[category, 1])
    whole = draw.random(n) < 0.12  # round sums: fuel, vouchers, tips
    amount = np.where(whole, np.maximum(1, amount.round()), amount.round(2))
    time = day * DAY + (hour * 3600).astype(np.int64)
    return _events(time=time, person=person, shop=shop, amount=np.maximum(amount, 0.5), kind="purchase", fraud=False)


def _frauds(people: Cardholders, shops: Merchants, draw: np.random.Generator, n: int) -> pd.DataFrame:
    """Frauds until there are `n` payments: a stolen card is tested small and online, then drained at night, far off."""
    online = np.flatnonzero(shops.online)
    costly = [list(CATEGORIES).index(name) for name in ("electronics", "clothing", "leisure", "travel")]
    dear = np.flatnonzero(np.isin(shops.category, costly) & ~shops.online)
    dear = dear if len(dear) else np.arange(len(shops))
    online = online if len(online) else np.arange(len(shops))
    rows: list[tuple[int, int, int, float]] = []
    while len(rows) < n:
        victim = int(draw.integers(len(people)))
        far = np.linalg.norm(shops.place[dear] - people.home[victim], axis=1)
        away = dear[np.argsort(-far)[: max(1, len(dear) // 3)]]
        time = int(draw.integers(1, DAYS)) * DAY + int(draw.normal(2.5, 1.2) * 3600)
        for _ in range(draw.integers(*TESTS)):
            time += int(draw.exponential(180))
            rows.append((time, victim, int(draw.choice(online)), round(float(draw.uniform(0.5, 4.0)), 2)))
        greed = float(draw.lognormal(5.6, 0.5))
        for _ in range(draw.integers(*DRAINS)):
            time += int(draw.exponential(900))
            rows.append((time, victim, int(draw.choice(away)), round(greed * float(draw.uniform(0.5, 1.6)), 2)))
    time, person, shop, amount = zip(*rows[:n], strict=True) if n else ((), (), (), ())
    return _events(time=time, person=person, shop=shop, amount=amount, kind="purchase", fraud=True)


def _as_table(events: pd.DataFrame, people: Cardholders, shops: Merchants, draw: np.random.Generator) -> pd.DataFrame:
    """Events in order of time as the table that a bank would export."""
    n = len(events)
    person, shop = events["person"].to_numpy(), events["shop"].to_numpy()
    at_shop = shop >= 0
    category = np.array([*CATEGORIES, "none"], dtype=object)[np.where(at_shop, shops.category[shop], len(CATEGORIES))]
    category = np.where(at_shop, category, events["kind"].to_numpy(dtype=object))
    online = at_shop & shops.online[shop]
    distance = np.linalg.norm(people.home[person] - shops.place[shop], axis=1)
    distance = np.where(at_shop & ~online, np.minimum(distance, 2 * COUNTRY_KM), 0.0)
    fraud = events["fraud"].to_numpy(dtype=bool)
    amount = events["amount"].to_numpy()
    channel = np.select(
        [~at_shop, online, fraud | (amount > 50)], ["transfer", "online", "chip"],
        np.where(draw.random(n) < 0.75, "contactless", "chip"),
    ).astype(object)  # fmt: skip
    signed = np.where(events["kind"] == SALARY, amount, -amount)
    balance = people.start_balance[person] + pd.Series(signed).groupby(person).cumsum().to_numpy()
    waited = events.groupby("person")["time"].diff() / 60
    age_shown = pd.array(people.age[person], dtype="Int64")
    age_shown[draw.random(n) < 0.02] = pd.NA
    return pd.DataFrame(
        {
            "transaction_id": [f"T{number:08d}" for number in range(1, n + 1)],
            "time": pd.Series(START + events["time"].to_numpy().astype("timedelta64[s]")).astype("datetime64[s]"),
            "cardholder_id": people.id[person],
            "name": people.name[person],
            "email": people.email[person],
            "card_number": people.card_number[person],
            "iban": people.iban[person],
            "age": age_shown,
            "monthly_income": people.income[person],
            "home_city": np.array(CITIES, dtype=object)[people.city[person]],
            "merchant": np.where(at_shop, shops.name[shop], None),
            "category": category,
            "channel": channel,
            "card_present": at_shop & ~online,
            "amount": amount,
            "balance": balance.round(2),
            "distance_km": distance.round(1),
            "minutes_since_last": waited.round(1).to_numpy(),
            "is_fraud": np.where(fraud, "yes", "no"),
        }
    )
