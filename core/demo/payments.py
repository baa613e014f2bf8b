"""The demo table: an agent-based simulation of card payments, with a little fraud in it.

Cardholders have income, home and habits; merchants have categories and opening hours; salaries and rent come by
date; fraudsters test cards small and then drain them at unusual hours and places. Nobody in it exists.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.demo.fraud import Events, make_fraud
from core.demo.merchants import CATEGORIES, RENT, Merchants, hour_weights, make_merchants, usual_tastes
from core.demo.people import PAYDAYS, People, Personal, make_people, make_personal
from core.errors import InvalidConfig

START = np.datetime64("2025-01-01T00:00:00", "s")
N_DAYS = 181
ROWS_PER_PERSON = 40
MAX_PEOPLE = 20_000
MAX_MERCHANTS = 3_000
NEAR_SHARE = 0.8
"""Share of payments in shops that are made in one's own district."""
UNKNOWN_INCOME_SHARE = 0.06
TARGET = "is_fraud"
ENTITY = "cardholder_id"


def make_card_payments(n_rows: int = 20_000, *, seed: int = 0, fraud_share: float = 0.01) -> pd.DataFrame:
    """Simulate card payments over half a year.

    Parameters
    ----------
    n_rows : int
        Payments, at least 1.
    seed : int
        The same seed gives the same table.
    fraud_share : float
        Share of fraudulent payments, 0 to 0.5; met to the nearest row.

    Returns
    -------
    DataFrame, in order of time
        Target `is_fraud`; entity `cardholder_id`, which repeats; `income` and `distance_km` have missing values.

    Raises
    ------
    InvalidConfig
        If a number is out of its range.
    """
    if n_rows < 1:
        raise InvalidConfig(f"A table cannot have {n_rows} rows.", "Ask for at least 1.", field="n_rows")
    if not 0 <= fraud_share <= 0.5:
        raise InvalidConfig(f"The fraud share is {fraud_share}, but must lie between 0 and 0.5.", field="fraud_share")
    rng = np.random.default_rng(seed)
    n_people = int(np.clip(n_rows // ROWS_PER_PERSON, 20, MAX_PEOPLE))
    people = make_people(n_people, usual_tastes(), rng)
    merchants = make_merchants(int(np.clip(n_rows // 20, 300, MAX_MERCHANTS)), rng, seed)
    n_fraud = round(n_rows * fraud_share)
    rents = _rents(people, merchants, rng, limit=(n_rows - n_fraud) // 10)
    daily = _daily(n_rows - n_fraud - len(rents.person), people, merchants, rng)
    fraud = make_fraud(n_fraud, people, merchants, N_DAYS, rng)
    return _table(_joined([daily, rents, fraud]), people, make_personal(n_people, seed), merchants, rng)


def _daily(n: int, people: People, merchants: Merchants, rng: np.random.Generator) -> Events:
    """Ordinary payments: who, on which day, for what, where, at which hour, how much."""
    person = rng.choice(len(people), n, p=people.activity / people.activity.sum())
    day = _days(people.payday[person], rng)
    category = _by_row(people.tastes[person], rng)
    hour = _by_row(hour_weights()[category, people.habit[person]], rng)
    near = rng.random(n) < NEAR_SHARE
    merchant = _choose_merchants(category, np.where(near, people.district[person], -1), merchants, rng)
    price = np.array([one.price for one in CATEGORIES])[category]
    spread = np.array([one.spread for one in CATEGORIES])[category]
    step = np.array([one.step for one in CATEGORIES])[category]
    means = (people.income[person] / 2_300) ** 0.35
    amount = price * merchants.level[merchant] * means * np.exp(rng.normal(0, 1, n) * spread)
    amount = np.round(np.maximum(np.round(amount / step), 1) * step, 2)
    return Events(
        person=person,
        merchant=merchant,
        seconds=day * 86_400 + hour * 3_600 + rng.integers(0, 3_600, n),
        amount=amount,
        away_km=np.zeros(n),
        country=merchants.country[merchant],
        fraud=np.zeros(n, dtype=bool),
    )


def _days(payday: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Day of every payment: more at weekends, and more in the week after the salary came."""
    dates = START.astype("datetime64[D]") + np.arange(N_DAYS)
    weekday = (dates.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday; 0 is Monday
    in_month = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    days = np.zeros(len(payday), dtype=np.int64)
    for number, date in enumerate(PAYDAYS):
        weights = np.array([1.0, 0.9, 0.95, 1.05, 1.35, 1.5, 1.1])[weekday] * np.where(
            (in_month - date) % 31 < 7, 1.6, 1.0
        )
        rows = payday == number
        days[rows] = rng.choice(N_DAYS, int(rows.sum()), p=weights / weights.sum())
    return days


def _by_row(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One column index per row, drawn by that row's weights (shape (n, m), rows sum to 1)."""
    return np.minimum((rng.random((len(weights), 1)) > weights.cumsum(axis=1)).sum(axis=1), weights.shape[1] - 1)


def _choose_merchants(
    category: np.ndarray, district: np.ndarray, merchants: Merchants, rng: np.random.Generator
) -> np.ndarray:
    """A merchant for every payment: by popularity among those of its category and district (-1: anywhere)."""
    chosen = np.zeros(len(category), dtype=np.int64)
    for (wanted, area), candidates in merchants.lists.items():
        rows = np.flatnonzero((category == wanted) & (district == area))
        if len(rows):
            weights = merchants.popularity[candidates]
            chosen[rows] = rng.choice(candidates, len(rows), p=weights / weights.sum())
    return chosen


def _rents(people: People, merchants: Merchants, rng: np.random.Generator, *, limit: int) -> Events:
    """Rent of those who pay it by card, on the third day of every month, always the same landlord."""
    tenants = np.flatnonzero(people.rent > 0)
    months = np.arange(np.datetime64("2025-01", "M"), np.datetime64("2025-07", "M"))
    due = ((months.astype("datetime64[D]") - START.astype("datetime64[D]")).astype(np.int64) + 2) * 86_400
    person = np.repeat(tenants, len(due))[:limit]
    seconds = np.tile(due, len(tenants))[:limit]
    landlord = rng.choice(merchants.lists[RENT, -1], len(people))
    return Events(
        person=person,
        merchant=landlord[person],
        seconds=seconds + rng.integers(6 * 3_600, 9 * 3_600, len(person)),
        amount=people.rent[person],
        away_km=np.zeros(len(person)),
        country=np.full(len(person), "GB", dtype=object),
        fraud=np.zeros(len(person), dtype=bool),
    )


def _joined(parts: list[Events]) -> Events:
    names = Events.__slots__
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    order = np.argsort(joined["seconds"], kind="stable")
    return Events(**{name: values[order] for name, values in joined.items()})


def _table(
    events: Events, people: People, personal: Personal, merchants: Merchants, rng: np.random.Generator
) -> pd.DataFrame:
    n = len(events.person)
    who, category = events.person, merchants.category[events.merchant]
    online = np.array([one.online for one in CATEGORIES])[category]
    way = np.hypot(*(people.home[who] - merchants.place[events.merchant]).T) + events.away_km
    income = np.where(rng.random(len(people)) < UNKNOWN_INCOME_SHARE, np.nan, people.income)
    return pd.DataFrame(
        {
            "transaction_id": _transaction_ids(n, rng),
            "cardholder_id": np.char.mod("C%06d", who + 100_000).astype(object),
            "cardholder_name": personal.name[who],
            "email": personal.email[who],
            "card_number": personal.card_number[who],
            "iban": personal.iban[who],
            "age": people.age[who],
            "monthly_income": income[who],
            "time": (START + events.seconds).astype("datetime64[ns]"),
            "merchant": merchants.name[events.merchant],
            "category": np.array([one.name for one in CATEGORIES], dtype=object)[category],
            "merchant_country": events.country,
            "entry_mode": _entry_modes(online, category, events, rng),
            "card_present": ~online,
            "amount": events.amount,
            "distance_km": np.where(online, np.nan, np.round(way, 1)),
            "balance_before": _balances(events, people),
            "payments_last_day": _payments_last_day(events),
            "is_fraud": events.fraud,
        }
    )


def _transaction_ids(n: int, rng: np.random.Generator) -> np.ndarray:
    """Distinct codes in no order, so that they say nothing about time."""
    numbers = (rng.permutation(n).astype(np.int64) * 7_919 + 104_729) % 999_999_937  # distinct below a prime
    return np.char.mod("TX-%09d", numbers).astype(object)


def _entry_modes(online: np.ndarray, category: np.ndarray, events: Events, rng: np.random.Generator) -> np.ndarray:
    """How the card was read; stolen cards are copies, so that their chip cannot be used."""
    modes = np.where(rng.random(len(online)) < np.where(events.amount < 50, 0.75, 0.25), "contactless", "chip").astype(
        object
    )
    modes[np.array([one.name == "cash machine" for one in CATEGORIES])[category]] = "chip"
    stripe = rng.random(len(online)) < np.where(events.fraud, 0.7, 0.01)
    modes[stripe] = "magnetic stripe"
    modes[online] = np.where(rng.random(int(online.sum())) < 0.5, "online, stored card", "online")
    return modes


def _balances(events: Events, people: People) -> np.ndarray:
    """Account balance before every payment: start, salaries that have come, everyday costs, payments made."""
    day = events.seconds / 86_400
    salaries = np.zeros(len(day))
    for month in np.arange(np.datetime64("2025-01", "M"), np.datetime64("2025-08", "M")):
        first = (month.astype("datetime64[D]") - START.astype("datetime64[D]")).astype(np.int64)
        salaries += day >= first + np.array(PAYDAYS)[people.payday[events.person]] - 1
    spent = pd.Series(events.amount).groupby(events.person).cumsum().to_numpy() - events.amount
    income = people.income[events.person]
    standing = 0.45 * income * day / 30.4  # what goes out by transfer and not by card
    return np.round(people.balance[events.person] + salaries * income - spent - standing, 2)


def _payments_last_day(events: Events) -> np.ndarray:
    """Payments of the same card within the 24 hours before each payment."""
    order = np.lexsort((events.seconds, events.person))
    keys = events.person[order].astype(np.int64) * (1 << 32) + events.seconds[order]
    earlier = np.arange(len(keys)) - np.searchsorted(keys, keys - 86_400)
    starts = np.searchsorted(keys, events.person[order].astype(np.int64) * (1 << 32))
    counts = np.minimum(earlier, np.arange(len(keys)) - starts)
    found = np.empty(len(keys), dtype=np.int64)
    found[order] = counts
    return found
