"""Agreement to 1e-6 with scipy, scikit-learn and SDMetrics; where we differ on purpose, the case that shows why."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon
from scipy.stats.contingency import association as scipy_association
from sdmetrics.column_pairs import ContingencySimilarity, CorrelationSimilarity
from sdmetrics.reports.single_table._properties import ColumnPairTrends
from sdmetrics.single_column import (
    BoundaryAdherence,
    CategoryAdherence,
    CategoryCoverage,
    KSComplement,
    MissingValueSimilarity,
    RangeCoverage,
    TVComplement,
)
from sdmetrics.single_table import LogisticDetection
from sklearn.metrics import mutual_info_score

from core.evaluation import distributions as compare
from core.evaluation.association import correlation_ratio, cramers_v
from core.evaluation.coded import coded
from core.evaluation.columns import COLUMN_DETAILS
from core.evaluation.detection import DETECTION_AUC
from core.evaluation.pairs import mutual_information
from core.evaluation.shapes import COLUMN_SHAPES, ks_complement
from core.evaluation.trends import PAIR_TRENDS
from core.records import Scope
from tests.evaluation.made import MIXED, people, result, schema_of, tables_of

EXACT = {"abs": 1e-6}


@pytest.fixture(scope="module")
def frames():
    return pd.DataFrame(people(900, 0)), pd.DataFrame(people(700, 1))


@pytest.fixture(scope="module")
def tables(frames):
    return tables_of(MIXED, *(frame.to_dict("list") for frame in frames))


def test_column_shapes_agree_with_sdmetrics(frames, tables):
    real, synthetic = frames
    items = list(COLUMN_SHAPES.measure(tables))
    theirs = {
        name: (KSComplement if name in ("age", "income") else TVComplement).compute(real[name], synthetic[name])
        for name in MIXED.names
    }
    for name, value in theirs.items():
        assert result(items, "column_shapes", name, scope=Scope.COLUMN).value == pytest.approx(value, **EXACT)
    assert result(items, "column_shapes").value == pytest.approx(np.mean(list(theirs.values())), **EXACT)


def test_pair_trends_agree_with_sdmetrics_on_shared_bins(frames, tables):
    real, synthetic = frames
    items = list(PAIR_TRENDS.measure(tables))
    edges = np.linspace(real["age"].min(), real["age"].max(), 11)
    edges[0], edges[-1] = -np.inf, np.inf
    binned = [frame.assign(age=pd.cut(frame["age"], edges, right=False).astype(str)) for frame in frames]
    pairs = {
        ("age", "income"): CorrelationSimilarity.compute(real[["age", "income"]], synthetic[["age", "income"]]),
        ("job", "buys"): ContingencySimilarity.compute(real[["job", "buys"]], synthetic[["job", "buys"]]),
        ("age", "job"): ContingencySimilarity.compute(binned[0][["age", "job"]], binned[1][["age", "job"]]),
    }
    for pair, value in pairs.items():
        value = value["score"] if isinstance(value, dict) else value
        assert result(items, "pair_trends", *pair, scope=Scope.PAIR).value == pytest.approx(value, **EXACT)


def test_their_pair_trends_collapse_by_one_row_outside_the_real_range():
    # one row of a million at x = 1e6 moves every bin of their synthetic table; ours moves by that row
    real = {"x": np.tile(np.arange(10.0), 50), "c": np.tile(list("abcdefghij"), 50)}
    synthetic = {"x": np.append(real["x"], 1e6), "c": np.append(real["c"], "j")}
    schema = schema_of(x="continuous", c="categorical")
    ours = result(list(PAIR_TRENDS.measure(tables_of(schema, real, synthetic))), "pair_trends").value
    metadata = {"columns": {"x": {"sdtype": "numerical"}, "c": {"sdtype": "categorical"}}}
    theirs = ColumnPairTrends().get_score(pd.DataFrame(real), pd.DataFrame(synthetic), metadata)
    assert ours > 0.995
    assert not theirs > 0.5


def test_coverage_and_missing_values_agree_with_sdmetrics():
    rng = np.random.default_rng(3)
    real = {"x": np.where(rng.random(300) < 0.1, np.nan, rng.normal(size=300)), "c": rng.choice(list("abcde"), 300)}
    synthetic = {
        "x": np.where(rng.random(200) < 0.3, np.nan, rng.normal(0, 0.5, 200)),
        "c": rng.choice(list("abf"), 200),
    }
    schema = schema_of(x="continuous", c="categorical")
    found = {(one.metric, *one.subject): one for one in COLUMN_DETAILS.measure(tables_of(schema, real, synthetic))}
    x, c = ((pd.Series(real[name]), pd.Series(synthetic[name])) for name in ("x", "c"))
    assert found["range_coverage", "x"].value == pytest.approx(RangeCoverage.compute(*x), **EXACT)
    assert found["level_coverage", "c"].value == pytest.approx(CategoryCoverage.compute(*c), **EXACT)
    assert found["known_levels", "c"].value == pytest.approx(CategoryAdherence.compute(*c), **EXACT)
    missing = found["missing_share", "x"]
    assert 1 - abs(missing.value - missing.anchors["train rows"]) == pytest.approx(
        MissingValueSimilarity.compute(*x), **EXACT
    )
    # theirs counts a missing value as inside the range when the real column has any; ours asks only for present values
    present = x[0].dropna(), x[1].dropna()
    assert found["within_range", "x"].value == pytest.approx(BoundaryAdherence.compute(*present), **EXACT)


def test_a_generator_that_never_draws_a_missing_value_is_perfect_for_their_shapes():
    real, synthetic = np.array([np.nan, np.nan, 1.0, 2.0]), np.array([1.0, 2.0])
    assert KSComplement.compute(pd.Series(real), pd.Series(synthetic)) == 1.0
    assert ks_complement(real, synthetic) == pytest.approx(0.5)


def test_a_table_without_any_dependence_is_perfect_for_their_linear_detection():
    x = np.random.default_rng(6).normal(size=1_000)
    numbers = [{"x": x, "y": x}, {"x": x, "y": np.random.default_rng(7).permutation(x)}]
    schema = schema_of(x="continuous", y="continuous")
    metadata = {"columns": {name: {"sdtype": "numerical"} for name in ("x", "y")}}
    theirs = LogisticDetection.compute(*(pd.DataFrame(each) for each in numbers), metadata=metadata)
    ours = result(list(DETECTION_AUC.measure(tables_of(schema, *numbers))), "detection_auc").value
    assert theirs > 0.9  # 1 is "cannot be told apart"
    assert ours > 0.8


def test_ks_wasserstein_and_divergences_agree_with_scipy():
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=400), rng.normal(0.2, 1.3, 350)
    assert ks_complement(first, second) == pytest.approx(1 - stats.ks_2samp(first, second).statistic, **EXACT)
    assert compare.ks_p(first, second) == pytest.approx(stats.ks_2samp(first, second).pvalue, **EXACT)
    assert compare.wasserstein(first, second) == pytest.approx(stats.wasserstein_distance(first, second), **EXACT)
    a, b = rng.integers(1, 50, 8), rng.integers(1, 50, 8)
    assert compare.jensen_shannon(a, b) == pytest.approx(jensenshannon(a, b, base=2), **EXACT)
    assert compare.chi_square_p(a, b) == pytest.approx(stats.chi2_contingency([a, b], correction=False)[1], **EXACT)
    assert compare.kl_divergence(a, b) == pytest.approx(stats.entropy(a + 0.5, b + 0.5), **EXACT)


def test_uncorrected_relations_agree_and_the_correction_is_what_differs():
    rng = np.random.default_rng(5)
    first = rng.integers(0, 4, 500)
    second = np.where(rng.random(500) < 0.6, first, rng.integers(0, 4, 500))
    counts = np.histogram2d(first, second, bins=[np.arange(5)] * 2)[0].astype(int)
    # Bergsma's correction undone: phi2 + (r-1)(c-1)/(n-1), over min(r, c) - 1
    smaller = 4 - 3**2 / 499 - 1
    phi2 = cramers_v(first, second, 4, 4) ** 2 * smaller + 3 * 3 / 499
    assert np.sqrt(phi2 / 3) == pytest.approx(scipy_association(counts, method="cramer"), **EXACT)
    # 100 levels each, unrelated, 1,000 rows: theirs sees a relation of .3
    a, b = rng.integers(0, 100, 1_000), rng.integers(0, 100, 1_000)
    theirs = scipy_association(np.histogram2d(a, b, bins=[np.arange(101)] * 2)[0].astype(int), method="cramer")
    assert theirs > 0.25
    assert cramers_v(a, b, 100, 100) < 0.1
    numbers = rng.normal(size=500) + first
    f = stats.f_oneway(*(numbers[first == one] for one in range(4))).statistic
    eta2 = 3 * f / (3 * f + 496)  # the share explained, by the F statistic of an analysis of variance
    assert correlation_ratio(numbers, first, 4) == pytest.approx(np.sqrt(1 - (1 - eta2) * 499 / 496), **EXACT)


def test_mutual_information_and_pearson_agree(tables):
    data = coded(tables)
    job, buys = data.train.codes["job"], data.train.codes["buys"]
    assert mutual_information(job, buys, 3) == pytest.approx(mutual_info_score(job, buys), **EXACT)
