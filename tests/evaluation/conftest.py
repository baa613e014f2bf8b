import pytest


@pytest.fixture(autouse=True)
def _quick_boosting(monkeypatch):
    """Fewer iterations of gradient boosting: the tests are about what is done with its scores."""
    monkeypatch.setattr("core.evaluation.learners.N_ITERATIONS", 12)
