"""Logs by day and by size, kept for a month, while their process goes on to write."""

import gzip
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.embedded.rotation import LIMIT, Rotation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def asides(folder: Path) -> dict[str, bytes]:
    return {path.name: gzip.decompress(path.read_bytes()) for path in folder.glob("*.gz")}


def test_a_new_day_begins_a_new_log_and_its_writer_does_not_notice(tmp_path: Path) -> None:
    log, clock = tmp_path / "s.scorer-0.log", Clock()
    found = Rotation(log, clock)
    with log.open("ab", buffering=0) as writer:
        writer.write(b"first\n")
        found.look()
        assert asides(tmp_path) == {}
        clock.now += timedelta(hours=12)
        found.look()
        writer.write(b"second\n")
        found.look()

    assert asides(tmp_path) == {"s.scorer-0.log.2026-03-02T000000Z.gz": b"first\n"}
    assert log.read_bytes() == b"second\n"


def test_a_log_of_yesterday_is_put_aside_by_the_process_of_today(tmp_path: Path) -> None:
    log, clock = tmp_path / "kafka.log", Clock()
    log.write_bytes(b"before\n")
    clock.now = datetime.now(UTC) + timedelta(days=1)
    Rotation(log, clock).look()

    assert list(asides(tmp_path).values()) == [b"before\n"]
    assert log.read_bytes() == b""


def test_a_large_log_is_put_aside_before_the_day_is_over(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    with log.open("wb") as file:
        file.truncate(LIMIT + 1)

    Rotation(log, Clock()).look()

    assert log.stat().st_size == 0
    assert [len(text) for text in asides(tmp_path).values()] == [LIMIT + 1]


def test_texts_are_kept_for_thirty_days_and_other_files_stay(tmp_path: Path) -> None:
    log, clock = tmp_path / "kafka.log", Clock()
    (tmp_path / "kafka.log.mine.gz").write_bytes(b"")
    (tmp_path / "mlflow.log.2020-01-01T000000Z.gz").write_bytes(b"")
    found = Rotation(log, clock)
    for _ in range(40):
        log.write_bytes(b"a day\n")
        clock.now += timedelta(days=1)
        found.look()

    kept = sorted(path.name for path in tmp_path.glob("kafka.log.2*.gz"))
    assert len(kept) == 31
    assert kept[-1] == "kafka.log.2026-04-10T120000Z.gz"
    assert (tmp_path / "kafka.log.mine.gz").exists()
    assert (tmp_path / "mlflow.log.2020-01-01T000000Z.gz").exists()


def test_on_a_full_disk_the_log_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, clock = tmp_path / "kafka.log", Clock()
    found = Rotation(log, clock)
    log.write_bytes(b"kept\n")
    clock.now += timedelta(days=1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(OSError, match="No space"):
        found.look()

    assert log.read_bytes() == b"kept\n"
    assert list(tmp_path.glob("*.gz")) == []


def test_a_log_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    Rotation(tmp_path / "none.log", Clock()).look()
