import re

import pytest

from pages.components.frame import check_python
from pages.components.tiles import split_sentences
from pages.components.words import count, duration, name, text
from tests.figures.examples import HOSTILE


@pytest.mark.parametrize(
    "value", [*HOSTILE, "a -> b <= c", "https://x.example a@b.com", ":material/home:", "\\", "# h", "1. a"]
)
def test_quoted_text_keeps_every_character_and_escapes_all_punctuation(value):
    escaped = text(value)
    shown = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped).replace("\u2060", "")
    assert shown == value.replace("\n", " ")
    assert not re.search(r"(?<!\\)[<>*_$`\[\]:#~]", escaped)


def test_shortcodes_links_and_arrows_are_broken_by_an_invisible_joiner():
    assert ":\u2060" in text(":smile:").replace("\\", "")
    assert "\u2060.example" in text("www.x.example").replace("\\", "")
    assert "-\u2060>" in text("a -> b").replace("\\", "")


@pytest.mark.parametrize(
    ("value", "shown"), [("a", "`a`"), ("`a`", "`` `a` ``"), ("a``b", "```a``b```"), ("", "`   `")]
)
def test_names_are_code_whatever_backticks_they_hold(value, shown):
    assert name(value) == shown


def test_a_name_of_ten_thousand_characters_is_shortened():
    assert len(name("x" * 10_000)) == 62


def test_counts_and_durations_read_like_words():
    assert count(1, "row") == "1 row"
    assert count(0, "row") == "0 rows"
    assert [duration(seconds) for seconds in (None, 0.4, 59.6, 3599, 90_000)] == [
        "–",
        "0 s",
        "1 min 0 s",
        "59 min",
        "25 h 0 min",
    ]


def test_the_first_sentence_ends_at_a_full_stop_and_not_at_a_decimal_point():
    assert split_sentences("Half of 3.5 match. The rest 0.1 not.") == ("Half of 3.5 match.", "The rest 0.1 not.")
    assert split_sentences("Only one") == ("Only one", "")


@pytest.mark.parametrize(("version", "is_fine"), [((3, 10), False), ((3, 11), True), ((3, 12), True), ((3, 13), False)])
def test_other_pythons_get_one_plain_sentence(version, is_fine):
    complaint = check_python(version)
    assert (complaint is None) == is_fine
    if not is_fine:
        assert f"this is Python 3.{version[1]}" in complaint
