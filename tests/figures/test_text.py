from core.figures.static import literal
from core.figures.text import labels, number, plain, short
from tests.figures.examples import HOSTILE


def test_what_plotly_would_interpret_is_escaped():
    for text in HOSTILE:
        escaped = plain(text)
        assert "<" not in escaped
        assert ">" not in escaped
        assert "$" not in escaped
        assert "\n" not in escaped


def test_an_escaped_entity_is_shown_as_the_analyst_wrote_it():
    assert plain("&lt;") == "&amp;lt;"


def test_a_name_of_ten_thousand_characters_keeps_both_ends():
    name = "start" + "x" * 10_000 + "end"
    assert short(name).startswith("start")
    assert short(name).endswith("end")
    assert len(short(name)) == 28


def test_shortened_names_stay_distinct_on_an_axis():
    names = [f"a_very_long_name_of_a_column_{middle}_that_ends_alike" for middle in range(50)]
    assert len(set(labels(names, 12))) == 50


def test_numbers_read_without_exponents_in_everyday_sizes():
    assert [number(value) for value in (0, 7.0, 0.25, 1234.5, 32561, 1e15, 2e-7)] == [
        "0", "7", "0.25", "1,234", "32,561", "1e+15", "2e-07",
    ]  # fmt: skip


def test_matplotlib_does_not_read_dollar_signs_as_a_formula():
    assert literal("$x$") == r"\$x\$"
