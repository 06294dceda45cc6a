"""Log lines: whose they are, how many, and that no secret is in them."""

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import structlog

from infra import logs
from infra.masking import masked
from infra.metrics.catalogue import LOG_LINES

SECRET = "hunter2-of-a-test"
HOLDING = [
    f"postgresql://leeway:{SECRET}@db:5432/leeway",
    f"host=db user=leeway password={SECRET}",
    f"host=db password='{SECRET} with a blank'",
    f"https://admin:{SECRET}@grafana/api",
    f"Authorization: Bearer {SECRET}",
    f'{{"token": "{SECRET}"}}',
    f"api_key={SECRET}&x=1",
]


@pytest.fixture
def lines() -> io.StringIO:
    out = io.StringIO()
    logs.configure("warehouse", out)
    return out


@pytest.fixture(autouse=True)
def _as_before() -> object:
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("text", HOLDING)
def test_a_secret_is_masked_and_the_rest_can_be_read(text: str) -> None:
    assert SECRET not in masked(text)
    assert "***" in masked(text)
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize("text", ["the password is wrong", "http://127.0.0.1:5000/#/models", "10:30:01 //x:y", "token"])
def test_what_holds_none_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("text", HOLDING)
def test_no_secret_reaches_a_line_whether_as_value_or_in_an_error(lines: io.StringIO, text: str) -> None:
    log = structlog.get_logger()
    log.warning("server_away", error=text)
    with pytest.raises(ValueError, match="invalid literal"):
        failing(log, text)

    assert SECRET not in lines.getvalue()
    assert len(lines.getvalue().splitlines()) == 2


def failing(log: structlog.typing.FilteringBoundLogger, text: str) -> None:
    try:
        int(text)
    except ValueError:
        log.exception("broken", address=text)
        raise


def test_a_line_of_any_thread_says_whose_it_is(lines: io.StringIO) -> None:
    thread = threading.Thread(target=lambda: structlog.get_logger().info("told"))
    thread.start()
    thread.join()

    found = json.loads(lines.getvalue())
    assert (found["event"], found["process"], found["level"]) == ("told", "warehouse", "info")


def test_lines_are_counted_by_level(lines: io.StringIO) -> None:
    before = {level: LOG_LINES.live.labels(level)._value.get() for level in ("info", "error")}  # noqa: SLF001 - its only reading
    log = structlog.get_logger()
    log.info("one")
    log.error("two")
    log.error("three")

    assert len(lines.getvalue().splitlines()) == 3
    after = {level: LOG_LINES.live.labels(level)._value.get() for level in ("info", "error")}  # noqa: SLF001 - as above
    assert {level: after[level] - before[level] for level in after} == {"info": 1, "error": 2}


def test_a_process_that_cannot_reach_its_database_does_not_print_the_password(tmp_path: Path) -> None:
    """A port that nobody listens at, and a user that is turned away, are what errors quote addresses for."""
    declaration = tmp_path / "s.toml"
    declaration.write_text('[stream]\nname = "s"\n[features.x]\nkind = "number"\n')
    environment = os.environ | {
        "LEEWAY_KAFKA": "127.0.0.1:1",
        "LEEWAY_POSTGRES": f"postgresql://leeway:{SECRET}@127.0.0.1:1/leeway?nonsense=1",
        "LEEWAY_MLFLOW": f"http://leeway:{SECRET}@127.0.0.1:1",
        "LEEWAY_HOME": str(tmp_path),
    }
    for command in (["consumers", "warehouse", str(declaration)], ["infra.cli", "status"]):
        done = subprocess.run(
            [sys.executable, "-m", *command], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode in (0, 2), done.stderr
        assert SECRET not in done.stdout + done.stderr, command
        assert done.stdout + done.stderr
