"""A model that has learned a small table, made once for all tests of drawing."""

from __future__ import annotations

import pytest

from core.synthesis.checkpoint import model_of
from core.synthesis.train import prepare, train
from tests.synthesis.tables import mixed_table, small_config


@pytest.fixture(scope="session")
def learned():
    """Real rows, schema, model."""
    frame, schema = mixed_table(1_500)
    training = prepare(frame, schema, small_config(learning_rate=2e-3, averaging=0.95, pac=1))
    list(train(training, until_epoch=40))
    return frame, schema, model_of(training)
