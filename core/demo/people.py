"""Cardholders of the demo: income, home and habits, and personal data that belongs to nobody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from faker import Faker

CITY_KM = 30.0
"""Side of the square in which everybody lives."""
DISTRICTS = 3
"""The city has this many districts along each side."""
PAYDAYS = (1, 15, 25)
HABITS = ("early", "office", "night")
RENT_BY_CARD_SHARE = 0.3
RENT_OF_INCOME = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Cardholders; every array has one entry per person.

    Parameters
    ----------
    income : monthly net income, in the currency of the table
    age : years
    home : array of shape (n, 2), km
    district : 0..DISTRICTS**2 - 1
    habit : index into `HABITS`
    payday : index into `PAYDAYS`
    activity : relative number of payments
    tastes : array of shape (n, n_categories), rows sum to 1
    rent : monthly rent paid by card; 0 where it is not
    balance : account balance on the first day
    """

    income: np.ndarray
    age: np.ndarray
    home: np.ndarray
    district: np.ndarray
    habit: np.ndarray
    payday: np.ndarray
    activity: np.ndarray
    tastes: np.ndarray
    rent: np.ndarray
    balance: np.ndarray

    def __len__(self) -> int:
        return len(self.income)


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """Made-up personal data, one entry per person."""

    name: np.ndarray
    email: np.ndarray
    card_number: np.ndarray
    iban: np.ndarray


def make_people(n: int, usual_tastes: np.ndarray, rng: np.random.Generator) -> People:
    """Draw `n` cardholders whose tastes scatter around `usual_tastes` (shape (n_categories,), sum 1)."""
    age = np.clip(rng.gamma(9.0, 4.8, n), 18, 88).astype(np.int64)
    # income rises to about 50 and falls after; log-normal spread as in wage statistics
    career = 1 - ((age - 50) / 60.0) ** 2
    income = np.round(np.exp(rng.normal(7.75, 0.45, n)) * career, 2)
    home = rng.uniform(0, CITY_KM, (n, 2))
    rent = np.where(rng.random(n) < RENT_BY_CARD_SHARE, np.round(income * RENT_OF_INCOME / 5) * 5, 0.0)
    return People(
        income=income,
        age=age,
        home=home,
        district=district_of(home),
        habit=rng.choice(len(HABITS), n, p=[0.3, 0.5, 0.2]),
        payday=rng.choice(len(PAYDAYS), n, p=[0.5, 0.2, 0.3]),
        activity=rng.gamma(2.5, 1.0, n) + 0.1,
        tastes=rng.dirichlet(usual_tastes * 25, n),
        rent=rent,
        balance=np.round(income * rng.lognormal(0.3, 0.9, n), 2),
    )


def district_of(places: np.ndarray) -> np.ndarray:
    """District of every place of an array of shape (n, 2), in km."""
    cell = np.clip((places / CITY_KM * DISTRICTS).astype(np.int64), 0, DISTRICTS - 1)
    return cell[:, 0] * DISTRICTS + cell[:, 1]


def make_personal(n: int, seed: int) -> Personal:
    """Names, e-mail addresses under reserved domains, card numbers and IBANs that only look real."""
    faker = Faker("en_GB")
    faker.seed_instance(seed)
    names, emails, cards, ibans = [], [], [], []
    for number in range(n):
        first, last = faker.first_name(), faker.last_name()
        names.append(f"{first} {last}")
        emails.append(f"{first}.{last}{number}@{faker.safe_domain_name()}".lower().replace(" ", "").replace("'", ""))
        cards.append(faker.credit_card_number(card_type="visa16" if number % 3 else "mastercard"))
        ibans.append(faker.iban())
    return Personal(
        name=np.array(names, dtype=object),
        email=np.array(emails, dtype=object),
        card_number=np.array(cards, dtype=object),
        iban=np.array(ibans, dtype=object),
    )
