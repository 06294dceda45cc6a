"""Fixtures for every test: the servers, started once, on free ports; embedded, or with --servers containers in those.

A test that fails shows the end of each log that its processes wrote, since they are gone when someone looks.
"""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from infra.embedded import Endpoints, down, up

settings.register_profile("leeway", deadline=None)  # time is no verdict of a test
settings.load_profile("leeway")

LINES = 30


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which servers the tests get."""
    choices = ("embedded", "containers")
    parser.addoption("--servers", choices=choices, default=choices[0], help="where Kafka, PostgreSQL and MLflow run")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the logs below the test's own folder to the report of a failure."""
    report = yield
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if report.failed and isinstance(folder, Path):
        for log in sorted(path for path in folder.rglob("*.log") if "data" not in path.parts):  # Kafka's own records
            last = log.read_text(errors="replace").splitlines()[-LINES:]
            report.sections.append((f"{log.relative_to(folder)}, its end", "\n".join(last)))
    return report


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """A real Kafka, PostgreSQL and MLflow, shared by the session; tests keep apart by their own stream names."""
    if request.config.getoption("--servers") == "containers":
        from support import containers  # noqa: PLC0415 - Docker's client is for those who ask for it

        with containers.running() as found:
            yield found
        return
    home = tmp_path_factory.mktemp("leeway") / "home"
    try:
        yield up(home, kafka_port=0, mlflow_port=0)
    finally:
        down(home)
