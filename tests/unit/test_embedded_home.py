"""The home folder: what is not ours is neither written nor deleted, and a full disk is said before the start."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from infra.embedded import down, ports
from infra.embedded.home import FOLDERS, claim, erase, locked, require_room
from schemas.errors import Refused


@contextmanager
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".leeway").touch()

    with pytest.raises(Refused, match=r"\.leeway is a file, not a folder.*--home"):
        claim(tmp_path / ".leeway")


def test_a_folder_with_our_name_and_other_content_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "notes.txt").touch()

    with pytest.raises(Refused, match=r"kafka was not made by Leeway, so nothing was written to it"):
        claim(tmp_path)

    assert [path.name for path in (tmp_path / "kafka").iterdir()] == ["notes.txt"]


def test_a_refused_home_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").touch()

    with pytest.raises(Refused):
        claim(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_down_makes_nothing_where_nothing_runs(tmp_path: Path) -> None:
    assert not down(tmp_path)
    assert not down(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "postgres").symlink_to(tmp_path)

    with pytest.raises(Refused, match="postgres was not made by Leeway"):
        claim(tmp_path / "home")


def test_folders_of_a_home_are_for_their_owner_alone(tmp_path: Path) -> None:
    claim(tmp_path / "home")

    assert {(tmp_path / "home" / name).stat().st_mode & 0o777 for name in FOLDERS} == {0o700}


def test_erase_takes_only_what_we_made(tmp_path: Path) -> None:
    home = claim(tmp_path)
    (tmp_path / "kafka" / "data").mkdir()
    (tmp_path / "flights.toml").touch()
    (tmp_path / "mlflow" / ".made-by-leeway").unlink()

    erase(home)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["flights.toml", "mlflow"]


def test_a_nearly_full_disk_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"Only \d+ MB are free on the disk of .*nothing was started"):
        require_room(claim(tmp_path), room=2**60)


def test_one_command_at_a_time(tmp_path: Path) -> None:
    said, waiting, entered = list[str](), Event(), Event()

    def wait(text: str) -> None:
        said.append(text)
        waiting.set()

    def second() -> None:
        with locked(tmp_path, wait):
            entered.set()

    with locked(tmp_path, said.append):
        thread = Thread(target=second)
        thread.start()

        assert waiting.wait(10)
        assert not entered.is_set()
    thread.join(10)

    assert entered.is_set()
    assert said == [f"Another `leeway up` or `leeway down` works on {tmp_path}: waiting for it"]


def test_a_taken_port_is_refused_with_the_option_that_changes_it() -> None:
    with taken() as port, pytest.raises(Refused, match=rf"Port {port} .*Kafka.*taken.*--kafka-port"):
        ports.choose(port, None, server="Kafka", option="--kafka-port")


def test_port_0_is_that_of_the_last_start_if_it_is_still_free() -> None:
    last = ports.any_free()

    assert ports.choose(0, last, server="Kafka", option="--kafka-port") == last


def test_port_0_is_another_if_that_of_the_last_start_is_taken() -> None:
    with taken() as port:
        assert ports.choose(0, port, server="Kafka", option="--kafka-port") not in {0, port}
