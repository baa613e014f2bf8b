"""Merchants of the demo: categories with opening hours, prices and places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from faker import Faker

from core.demo.people import CITY_KM, DISTRICTS, HABITS, district_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of merchant.

    Parameters
    ----------
    taste : how often people go there, relative
    price, spread : median amount and its spread (standard deviation of the logarithm)
    hours : opening hour and closing hour, 0 to 24; past 24 is after midnight
    merchants : relative number of merchants
    online : whether the card is not present
    step : amounts are multiples of this; 0.01 for any
    """

    name: str
    taste: float
    price: float
    spread: float
    hours: tuple[int, int]
    merchants: float
    online: bool = False
    step: float = 0.01


CATEGORIES = (
    Category(name="groceries", taste=26, price=28, spread=0.75, hours=(7, 22), merchants=12),
    Category(name="restaurant", taste=14, price=24, spread=0.6, hours=(11, 24), merchants=22),
    Category(name="transport", taste=12, price=4.5, spread=0.7, hours=(5, 25), merchants=3),
    Category(name="fuel", taste=7, price=52, spread=0.35, hours=(5, 24), merchants=5),
    Category(name="online shop", taste=14, price=35, spread=0.9, hours=(0, 24), merchants=25, online=True),
    Category(name="clothing", taste=6, price=48, spread=0.7, hours=(9, 20), merchants=12),
    Category(name="pharmacy", taste=5, price=14, spread=0.6, hours=(8, 20), merchants=6),
    Category(name="entertainment", taste=6, price=18, spread=0.6, hours=(12, 26), merchants=8),
    Category(name="electronics", taste=2.5, price=140, spread=0.9, hours=(9, 20), merchants=5),
    Category(name="travel", taste=1.5, price=260, spread=0.9, hours=(0, 24), merchants=4, online=True),
    Category(name="jewellery", taste=0.5, price=210, spread=0.9, hours=(10, 19), merchants=3),
    Category(name="cash machine", taste=5, price=80, spread=0.6, hours=(0, 24), merchants=4, step=10),
    Category(name="utilities", taste=2.5, price=75, spread=0.4, hours=(8, 18), merchants=2, online=True),
    Category(name="rent", taste=0, price=800, spread=0.3, hours=(6, 9), merchants=2, online=True, step=5),
)
NAMES = tuple(category.name for category in CATEGORIES)
RENT = NAMES.index("rent")
COUNTRIES = ("GB", "IE", "FR", "DE", "NL", "US", "ES", "CN")
COUNTRY_SHARES = (0.90, 0.03, 0.02, 0.015, 0.012, 0.012, 0.008, 0.003)
HABIT_HOURS = {"early": (8.5, 3.0), "office": (15.5, 4.5), "night": (20.5, 4.0)}
"""Hour of the day around which a habit's payments lie, and their spread in hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchants:
    """Merchants; every array has one entry per merchant, except `lists`.

    Parameters
    ----------
    name : unique
    category : index into `CATEGORIES`
    place : array of shape (n, 2), km
    country : code; elsewhere than GB only for online merchants
    level : factor of its prices
    popularity : relative number of customers (Zipf)
    lists : merchants by (category, district); district -1 holds all of the category
    """

    name: np.ndarray
    category: np.ndarray
    place: np.ndarray
    country: np.ndarray
    level: np.ndarray
    popularity: np.ndarray
    lists: dict[tuple[int, int], np.ndarray]


def usual_tastes() -> np.ndarray:
    """How often people go to each category; sums to 1."""
    tastes = np.array([category.taste for category in CATEGORIES]) + 1e-3
    return tastes / tastes.sum()


def make_merchants(n: int, rng: np.random.Generator, seed: int) -> Merchants:
    """Draw about `n` merchants, at least one of every category in every district."""
    shares = np.array([category.merchants for category in CATEGORIES], dtype=float)
    counts = np.maximum(DISTRICTS**2, np.round(shares / shares.sum() * n)).astype(int)
    category = np.repeat(np.arange(len(CATEGORIES)), counts)
    place = rng.uniform(0, CITY_KM, (len(category), 2))
    district = district_of(place)
    online = np.array([one.online for one in CATEGORIES])[category]
    country = np.where(online, rng.choice(COUNTRIES, len(category), p=np.array(COUNTRY_SHARES)), "GB").astype(object)
    rank = np.concatenate([rng.permutation(count) for count in counts]) + 1
    lists = {}
    for number in range(len(CATEGORIES)):
        everywhere = np.flatnonzero(category == number)
        lists[number, -1] = everywhere
        for area in range(DISTRICTS**2):
            near = everywhere[district[everywhere] == area]
            lists[number, area] = near if len(near) else everywhere
    return Merchants(
        name=_names(len(category), seed),
        category=category,
        place=place,
        country=country,
        level=rng.lognormal(0, 0.25, len(category)),
        popularity=1 / rank.astype(float),
        lists=lists,
    )


def _names(n: int, seed: int) -> np.ndarray:
    faker = Faker("en_GB")
    faker.seed_instance(seed)
    names: dict[str, None] = {}
    while len(names) < n:
        name = faker.company()
        names[name if name not in names else f"{name} {len(names)}"] = None
    return np.array(list(names), dtype=object)


def hour_weights() -> np.ndarray:
    """Share of every hour of the day, array of shape (n_categories, n_habits, 24), sums to 1 over hours.

    A habit's bell over the day, cut to the opening hours.
    """
    hours = np.arange(24)
    weights = np.zeros((len(CATEGORIES), len(HABITS), 24))
    for row, category in enumerate(CATEGORIES):
        opening, closing = category.hours
        is_open = ((hours >= opening) & (hours < closing)) | (hours + 24 < closing)
        for column, habit in enumerate(HABITS):
            peak, spread = HABIT_HOURS[habit]
            away = np.minimum(np.abs(hours + 0.5 - peak), 24 - np.abs(hours + 0.5 - peak))
            bell = np.exp(-0.5 * (away / spread) ** 2) * is_open
            weights[row, column] = bell / bell.sum()
    return weights
