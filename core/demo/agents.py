"""Who takes part in the simulated payments: cardholders with homes and habits, merchants with prices and hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from faker import Faker

COUNTRY_KM = 400.0
"""The country is a square with this side."""

CITIES = ("Altona", "Brookfield", "Carlow", "Dunmore", "Eastport", "Fairhaven", "Glenrock", "Harwick")

# category: mean spend in currency units, spread of its logarithm, opening and closing hour, share of online shops
CATEGORIES = {
    "groceries": (38.0, 0.6, 7, 22, 0.05),
    "restaurant": (29.0, 0.5, 11, 24, 0.0),
    "fuel": (52.0, 0.3, 5, 24, 0.0),
    "transport": (9.0, 0.7, 4, 24, 0.4),
    "clothing": (64.0, 0.7, 9, 20, 0.4),
    "electronics": (180.0, 0.9, 9, 20, 0.6),
    "pharmacy": (21.0, 0.6, 8, 20, 0.1),
    "leisure": (33.0, 0.8, 10, 24, 0.3),
    "travel": (290.0, 0.9, 0, 24, 0.8),
    "subscriptions": (12.0, 0.3, 0, 24, 1.0),
}
"""What can be bought, for how much and when; rent and salary are not bought and follow the calendar."""

SHOPPING_HABIT = np.array([9.0, 4.0, 2.5, 4.0, 1.5, 0.8, 1.2, 2.0, 0.4, 1.6])
"""Concentration of the Dirichlet law of a cardholder's habits, in the order of `CATEGORIES`."""

FAVOURITES = 6
"""Merchants of a category that a cardholder chooses among."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cardholders:
    """Cardholders as parallel arrays, one entry each.

    Parameters
    ----------
    id, name, email, card_number, iban : arrays of text
    age : whole years, 18 to 90
    income : per month, currency units, skewed
    rent : per month, currency units; 0 for home owners
    home : (n, 2) km
    city : index into `CITIES`
    habits : (n, n_categories) shares of purchases
    activity : purchases per day
    hour : mean hour of the day of their purchases
    start_balance : currency units
    """

    id: np.ndarray
    name: np.ndarray
    email: np.ndarray
    card_number: np.ndarray
    iban: np.ndarray
    age: np.ndarray
    income: np.ndarray
    rent: np.ndarray
    home: np.ndarray
    city: np.ndarray
    habits: np.ndarray
    activity: np.ndarray
    hour: np.ndarray
    start_balance: np.ndarray

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchants:
    """Merchants as parallel arrays: name, category (index into `CATEGORIES`), place, city, price level, online."""

    name: np.ndarray
    category: np.ndarray
    place: np.ndarray
    city: np.ndarray
    price: np.ndarray
    online: np.ndarray

    def __len__(self) -> int:
        return len(self.name)


def city_places(draw: np.random.Generator) -> np.ndarray:
    """Centres of the cities, (n_cities, 2) km."""
    return draw.uniform(0.1, 0.9, (len(CITIES), 2)) * COUNTRY_KM


def make_cardholders(n: int, cities: np.ndarray, draw: np.random.Generator, faker: Faker) -> Cardholders:
    """Draw `n` cardholders; income rises with age until retirement, rent with income."""
    age = np.clip(draw.gamma(9.0, 4.8, n), 18, 90).astype(int)
    career = 1 + 0.02 * (np.minimum(age, 60) - 18) - 0.35 * (age > 67)
    income = draw.lognormal(7.6, 0.38, n) * career
    city = draw.choice(len(CITIES), n, p=_falling(len(CITIES)))
    owner = draw.random(n) < 0.15 + 0.005 * (age - 18)
    people = [_person(faker) for _ in range(n)]
    names, emails, cards, ibans = (np.array(one, dtype=object) for one in zip(*people, strict=True))
    return Cardholders(
        id=np.array([f"C{number:06d}" for number in draw.permutation(10 * n)[:n] + 1], dtype=object),
        name=names,
        email=emails,
        card_number=cards,
        iban=ibans,
        age=age,
        income=income.round(2),
        rent=np.where(owner, 0.0, (income * draw.uniform(0.2, 0.38, n)).round(-1)),
        home=cities[city] + draw.normal(0, 6.0, (n, 2)),
        city=city,
        habits=draw.dirichlet(SHOPPING_HABIT, n),
        activity=draw.gamma(3.0, 0.35, n) + 0.1,
        hour=np.clip(draw.normal(14.5, 2.2, n), 8, 21),
        start_balance=(income * draw.lognormal(-0.1, 0.9, n)).round(2),
    )


def _person(faker: Faker) -> tuple[str, str, str, str]:
    name = f"{faker.first_name()} {faker.last_name()}"
    letters = "".join(character for character in name.lower() if character.isalpha() or character == " ").split()
    email = f"{'.'.join(letters)}{faker.random_int(1, 99)}@{faker.safe_domain_name()}"
    return name, email, faker.credit_card_number(card_type="visa16"), faker.iban()


def make_merchants(n: int, cities: np.ndarray, draw: np.random.Generator, faker: Faker) -> Merchants:
    """Draw `n` merchants, at least one of each category."""
    kinds = len(CATEGORIES)
    rest = draw.choice(kinds, max(0, n - kinds), p=SHOPPING_HABIT / SHOPPING_HABIT.sum())
    category = np.concatenate([np.arange(kinds), rest])[: max(n, kinds)]
    city = draw.choice(len(CITIES), len(category), p=_falling(len(CITIES)))
    online = draw.random(len(category)) < np.array([facts[4] for facts in CATEGORIES.values()])[category]
    names: dict[str, None] = {}
    while len(names) < len(category):
        names[faker.company()] = None
    return Merchants(
        name=np.array(list(names), dtype=object),
        category=category,
        place=cities[city] + draw.normal(0, 5.0, (len(category), 2)),
        city=city,
        price=draw.lognormal(0, 0.3, len(category)),
        online=online,
    )


def favourites(people: Cardholders, shops: Merchants, draw: np.random.Generator) -> np.ndarray:
    """Merchants that each cardholder goes to, (n_people, n_categories, FAVOURITES): near ones, online ones anywhere."""
    chosen = np.empty((len(people), len(CATEGORIES), FAVOURITES), dtype=np.int64)
    for category in range(len(CATEGORIES)):
        members = np.flatnonzero(shops.category == category)
        far = np.linalg.norm(people.home[:, None, :] - shops.place[members][None, :, :], axis=2)
        cost = np.where(shops.online[members], 8.0, far) + draw.exponential(6.0, far.shape)
        nearest = np.argsort(cost, axis=1)[:, :FAVOURITES]
        chosen[:, category] = members[nearest[:, np.arange(FAVOURITES) % nearest.shape[1]]]
    return chosen


def _falling(n: int) -> np.ndarray:
    """Zipf-like shares: the first is the largest."""
    weights = 1.0 / np.arange(1, n + 1)
    return weights / weights.sum()
