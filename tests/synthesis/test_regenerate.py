"""Regenerated values: by pattern, by sequence, by kind; from locale, pattern, number and seed alone."""

from __future__ import annotations

import re

import pytest

from core.errors import InvalidConfig
from core.schema import ColumnType, Storage, Treatment
from core.synthesis.regenerate import FAKER_METHODS, regenerate
from tests.synthesis.tables import column


def _identifier(**more):
    return column("id", ColumnType.IDENTIFIER, treatment=Treatment.REGENERATE, **more)


def test_identifiers_follow_their_pattern_and_are_distinct():
    drawn = regenerate(_identifier(pattern="C-99Aa"), 3_000, seed=1).astype(str)
    assert drawn.is_unique
    assert drawn.map(lambda text: bool(re.fullmatch(r"C-\d\d[A-Z][a-z]", text))).all()


@pytest.mark.parametrize("pattern", ["99", "999", "9999", "9" * 30])
def test_identifiers_are_distinct_as_long_as_the_pattern_has_room(pattern):
    drawn = regenerate(_identifier(pattern=pattern), 300, seed=1).astype(str)
    assert drawn.nunique() == min(300, drawn.nunique() if pattern == "99" else 300)
    assert drawn.str.fullmatch(r"\d+").all()
    assert (drawn.str.len() == len(pattern)).all()


def test_a_sequence_counts_from_one():
    assert regenerate(_identifier(pattern="sequence", storage=Storage.INTEGER), 3, seed=9).tolist() == ["1", "2", "3"]


def test_the_same_seed_gives_the_same_values_and_names_and_seeds_matter():
    mail = column("mail", ColumnType.TEXT, personal="e-mail", treatment=Treatment.REGENERATE)
    assert regenerate(mail, 20, seed=1).equals(regenerate(mail, 20, seed=1))
    assert not regenerate(mail, 20, seed=1).equals(regenerate(mail, 20, seed=2))
    assert regenerate(mail, 20, seed=1).astype(str).str.contains("@").all()


@pytest.mark.parametrize("kind", sorted(FAKER_METHODS))
def test_every_known_kind_of_personal_data_can_be_made(kind):
    one = column("x", ColumnType.TEXT, personal=kind, treatment=Treatment.REGENERATE)
    assert (regenerate(one, 3, seed=0).astype(str).str.len() > 0).all()


def test_a_locale_speaks_its_language_and_an_unknown_one_is_refused():
    one = column("x", ColumnType.TEXT, personal="iban", treatment=Treatment.REGENERATE)
    assert regenerate(one, 5, seed=0, locale="de_DE").astype(str).str.startswith("DE").all()
    with pytest.raises(InvalidConfig, match="no locale"):
        regenerate(one, 5, seed=0, locale="xx_YY")


def test_no_rows_are_no_values():
    assert len(regenerate(_identifier(pattern="999"), 0, seed=0)) == 0
