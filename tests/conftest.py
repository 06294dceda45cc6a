"""Fixtures for every test: the embedded servers, started once, on free ports and in a folder of their own."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from infra.embedded import Endpoints, down, up

settings.register_profile("leeway", deadline=None)  # time is no verdict of a test
settings.load_profile("leeway")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """A real Kafka, PostgreSQL and MLflow, shared by the session; tests keep apart by their own stream names."""
    home = tmp_path_factory.mktemp("leeway") / "home"
    try:
        yield up(home, kafka_port=0, mlflow_port=0)
    finally:
        down(home)
