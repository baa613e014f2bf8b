"""Planted personal data of ten kinds in three locales under misleading names; and what must not be taken for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from faker import Faker

from core.profiling.infer import infer_schema
from core.profiling.personal import find_personal, mask
from core.schema import Treatment

LOCALES = ("en_US", "de_DE", "fr_FR")
N = 300
BY_CONTENT = {
    "e-mail": lambda faker: faker.email(),
    "phone": lambda faker: faker.phone_number(),
    "card number": lambda faker: faker.credit_card_number(),
    "IBAN": lambda faker: faker.iban(),
    "national id": lambda faker: _national_id(faker),
    "ip address": lambda faker: faker.ipv4(),
    "url": lambda faker: faker.url(),
}
"""Kinds that a checksum or a form gives away: found under any name."""
BY_NAME = {
    "name": (lambda faker: faker.name(), {"en_US": "customer_name", "de_DE": "Nachname", "fr_FR": "Nom"}),
    "address": (
        lambda faker: faker.address().replace("\n", ", "),
        {"en_US": "home address", "de_DE": "Anschrift", "fr_FR": "adresse"},
    ),
    "postcode": (lambda faker: faker.postcode(), {"en_US": "ZipCode", "de_DE": "PLZ", "fr_FR": "code_postal"}),
    "date of birth": (
        lambda faker: faker.date_of_birth(minimum_age=18, maximum_age=90).isoformat(),
        {"en_US": "DOB", "de_DE": "Geburtsdatum", "fr_FR": "date_naissance"},
    ),
}
MISLEADING = ("category", "comment", "x1", "amount_text", "status", "model", "product", "remarks", "field_7", "notes")


def _national_id(faker: Faker) -> str:
    """What each country uses: the US form, German and French numbers with check digits made here by their rules."""
    digits = faker.random
    if "US" in faker.locales[0]:
        return faker.ssn()
    if "FR" in faker.locales[0]:
        number = f"{digits.choice('12')}{digits.randint(30, 99)}{digits.randint(1, 12):02d}{digits.randint(10, 19)}"
        number += f"{digits.randint(1, 990):03d}{digits.randint(1, 999):03d}"
        return f"{number}{97 - int(number) % 97:02d}"
    return _german_tax_id(digits)


def _german_tax_id(digits) -> str:
    """Ten digits of which just one occurs twice, and a check digit by ISO 7064, MOD 11,10."""
    chosen = digits.sample("0123456789", 10)
    chosen[digits.randrange(1, 9)] = chosen[9]
    if chosen[0] == "0":
        chosen[0], chosen[9] = chosen[9], chosen[0]
    if chosen[0] == "0":
        return _german_tax_id(digits)
    product = 10
    for digit in chosen:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return "".join(chosen) + str((11 - product) % 10)


def planted(locale: str, seed: int) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Columns of planted data and the kind of each."""
    faker = Faker(locale)
    faker.seed_instance(seed)
    columns, kinds = {}, {}
    for name, (kind, make) in zip(MISLEADING, BY_CONTENT.items(), strict=False):
        columns[name] = [make(faker) for _ in range(N)]
        kinds[name] = kind
    for kind, (make, names) in BY_NAME.items():
        columns[names[locale]] = [make(faker) for _ in range(N)]
        kinds[names[locale]] = kind
    return columns, kinds


@pytest.mark.parametrize("locale", LOCALES)
def test_planted_personal_data_is_found_under_misleading_names(locale, tmp_path):
    columns, kinds = planted(locale, seed=11)
    frame = pd.DataFrame(columns)
    for name, kind in kinds.items():
        if kind == "date of birth":
            frame[name] = pd.to_datetime(frame[name])
    frame.to_parquet(tmp_path / "t.parquet")
    found = {column.name: column.personal for column in infer_schema(tmp_path / "t.parquet")}
    missed = {name: (kind, found[name]) for name, kind in kinds.items() if found[name] != kind}
    assert not missed


def test_recall_over_many_columns_is_at_least_95_per_cent():
    n_found = n_planted = 0
    for locale in LOCALES:
        for seed in range(4):
            columns, kinds = planted(locale, seed)
            for name, kind in kinds.items():
                if kind == "date of birth":
                    continue  # a date by its storage, tested above
                found = find_personal(name, columns[name])
                n_planted += 1
                n_found += found is not None and found.kind == kind
    assert n_planted >= 100
    assert n_found / n_planted >= 0.95


RNG = np.random.default_rng(0)
HARMLESS = {
    "product names": ("name_of_product", [f"Drill {n} XL" for n in range(N)]),
    "towns that come again": ("city", ["Berlin", "Bern", "Bonn"] * 100),
    "versions": ("version", [f"{n % 9}.{n % 7}.{n}" for n in range(N)]),
    "part numbers": ("part", [f"{n:04d}-{n * 7 % 999:03d}" for n in range(N)]),
    "random digits": ("code", [str(n) for n in RNG.integers(10**9, 10**10, N)]),
    "sixteen digits that are no cards": ("serial", [str(n) for n in RNG.integers(4 * 10**15, 5 * 10**15, N)]),
    "sentences with an address in some": ("note", ["please call", "mail to a@b.org", "nothing"] * 100),
    "hours": ("opening", ["09:00-17:00", "10:00-18:00", "closed"] * 100),
    "amounts": ("amount", [f"{value:.2f}" for value in RNG.normal(0, 100, N)]),
    "ratios": ("score", [f"{n % 10}/{n % 13}" for n in range(N)]),
}


@pytest.mark.parametrize(("name", "texts"), HARMLESS.values(), ids=HARMLESS)
def test_what_only_resembles_personal_data_is_left_alone(name, texts):
    assert find_personal(name, texts) is None


def test_a_find_says_why_and_shows_masked_examples_only():
    found = find_personal("x", [f"ada{n}@example.org" for n in range(20)])
    assert (found.kind, found.confidence) == ("e-mail", "high")
    assert found.reason == "100% of the values looked at have the form of e-mail addresses."
    assert all("example" not in example for example in found.examples)
    assert mask("Ada Lovelace") == "A•• ••••••••"


def test_personal_columns_do_not_reach_the_generator_by_default(tmp_path):
    columns, kinds = planted("en_US", seed=2)
    frame = pd.DataFrame(columns)
    frame.to_parquet(tmp_path / "t.parquet")
    schema = infer_schema(tmp_path / "t.parquet")
    direct = [name for name, kind in kinds.items() if kind not in ("postcode", "date of birth")]
    assert {schema[name].personal for name in direct} == {kinds[name] for name in direct}
    assert {schema[name].treatment for name in direct} == {Treatment.REGENERATE}


def test_coordinates_as_numbers_are_found_by_name_and_range(tmp_path):
    pd.DataFrame({"latitude": RNG.uniform(47, 55, N), "gain": RNG.uniform(0, 9, N)}).to_parquet(tmp_path / "t.parquet")
    schema = infer_schema(tmp_path / "t.parquet")
    assert (schema["latitude"].personal, schema["gain"].personal) == ("coordinates", None)
    assert schema["latitude"].type == "continuous"


def test_card_numbers_of_a_few_persons_are_no_grades(tmp_path):
    faker = Faker("en_US")
    faker.seed_instance(3)
    cards = [int(faker.credit_card_number(card_type="visa16")) for _ in range(8)]
    pd.DataFrame({"card_number": cards * 50}).to_parquet(tmp_path / "t.parquet")
    column = infer_schema(tmp_path / "t.parquet")["card_number"]
    assert (column.type, column.personal, column.treatment) == ("identifier", "card number", Treatment.REGENERATE)
