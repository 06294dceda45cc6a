"""Kafka's jars: whatever is wrong with the cache is noticed at the start, said, and mended or refused."""

import hashlib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from infra.embedded import jars
from schemas.errors import Refused, Unavailable

CONTENT = {"one": b"the first jar" * 1000, "two": b"the second jar" * 1000}
NOWHERE = {"gone": "http://127.0.0.1:9"}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name for it
        """Say nothing."""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    lines = [f"org.example:{name}:1.0 {hashlib.sha256(text).hexdigest()}" for name, text in CONTENT.items()]
    path = tmp_path / "lock"
    path.write_text("# two jars\n" + "\n".join(lines) + "\n")
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[dict[str, str]]:
    root = tmp_path / "repository"
    for name, text in CONTENT.items():
        folder = root / "org" / "example" / name / "1.0"
        folder.mkdir(parents=True)
        (folder / f"{name}-1.0.jar").write_bytes(text)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield {"here": f"http://127.0.0.1:{server.server_port}"}
        server.shutdown()
        thread.join()


def filled(folder: Path) -> Path:
    folder.mkdir()
    for name, text in CONTENT.items():
        (folder / f"{name}-1.0.jar").write_bytes(text)
    return folder


def test_the_committed_lock_names_48_jars_once_each() -> None:
    found = jars.locked()

    assert len(found) == len({jar.file for jar in found}) == 48
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in found)
    assert {jar.version for jar in found if jar.group == "org.apache.kafka"} == {jars.KAFKA_VERSION}


def test_missing_jars_are_fetched(tmp_path: Path, lock: Path, repository: dict[str, str]) -> None:
    said: list[str] = []

    jars.ensure(tmp_path / "cache", said.append, repositories=repository, lock=lock)

    assert {path.name: path.read_bytes() for path in (tmp_path / "cache").iterdir()} == {
        f"{name}-1.0.jar": text for name, text in CONTENT.items()
    }
    assert said == ["Fetching 2 jars of Apache Kafka 4.1.1 (41 MB in all, once per user)"]


def test_a_whole_cache_needs_no_network(tmp_path: Path, lock: Path) -> None:
    said: list[str] = []

    jars.ensure(filled(tmp_path / "cache"), said.append, repositories=NOWHERE, lock=lock)

    assert said == []


def test_a_half_fetched_jar_is_said_and_fetched_again(tmp_path: Path, lock: Path, repository: dict[str, str]) -> None:
    cache, said = filled(tmp_path / "cache"), list[str]()
    (cache / "two-1.0.jar").write_bytes(CONTENT["two"][:100])

    jars.ensure(cache, said.append, repositories=repository, lock=lock)

    assert (cache / "two-1.0.jar").read_bytes() == CONTENT["two"]
    assert said[0] == f"two-1.0.jar in {cache} is incomplete or altered: it is fetched again"


def test_an_altered_jar_that_cannot_be_fetched_is_refused_by_name(tmp_path: Path, lock: Path) -> None:
    cache = filled(tmp_path / "cache")
    (cache / "one-1.0.jar").write_bytes(b"something else")

    with pytest.raises(Refused, match=r"one-1\.0\.jar is not the file that Leeway was tested with.*network"):
        jars.ensure(cache, lambda _: None, repositories=NOWHERE, lock=lock)

    assert (cache / "one-1.0.jar").read_bytes() == b"something else"


def test_a_missing_jar_without_a_network_can_succeed_later(tmp_path: Path, lock: Path) -> None:
    with pytest.raises(Unavailable, match=r"-1\.0\.jar of Kafka could not be fetched after 3 attempts"):
        jars.ensure(tmp_path / "cache", lambda _: None, repositories=NOWHERE, lock=lock)


def test_a_jar_that_arrives_altered_never_gets_its_name(tmp_path: Path, lock: Path, repository: dict[str, str]) -> None:
    (tmp_path / "repository/org/example/one/1.0/one-1.0.jar").write_bytes(b"forged")

    with pytest.raises(Unavailable, match="what arrived is not the file that was locked"):
        jars.ensure(tmp_path / "cache", lambda _: None, repositories=repository, lock=lock)

    assert not (tmp_path / "cache/one-1.0.jar").exists()


def test_only_locked_jars_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "stranger-1.0.jar").touch()

    assert tmp_path / "stranger-1.0.jar" not in jars.classpath(tmp_path)
