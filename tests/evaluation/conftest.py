import pytest


@pytest.fixture(autouse=True)
def _quick_learners(monkeypatch):
    """Smaller learners: the tests are about what is done with their scores."""
    monkeypatch.setattr("core.evaluation.learners.N_ITERATIONS", 12)
    monkeypatch.setattr("core.evaluation.detection.N_ITERATIONS", 15)
    monkeypatch.setattr("core.evaluation.detection.SCRAMBLED_ROWS", 300)
    monkeypatch.setattr("core.evaluation.fitted.N_TREES", 8)
