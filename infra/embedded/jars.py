"""Kafka's 48 jars: locked by coordinates and SHA-256, kept in the user's cache, checked at every start."""

from collections.abc import Callable, Mapping
from pathlib import Path

from platformdirs import user_cache_path
from rich.console import Console
from rich.progress import Progress

from infra.embedded.jar import Jar, checked
from schemas.errors import Refused, Unavailable

LOCK = Path(__file__).parent / "kafka-jars.lock"
KAFKA_VERSION = "4.1.1"


def locked(lock: Path = LOCK) -> list[Jar]:
    """The jars of the lock file, in its order."""
    lines = [line.split() for line in lock.read_text().splitlines() if line and not line.startswith("#")]
    return [_jar(*line) for line in lines]


def _jar(coordinates: str, sha256: str) -> Jar:
    group, artifact, version = coordinates.split(":")
    return Jar(group, artifact, version, sha256)


def cache() -> Path:
    """The user's own folder for them."""
    return user_cache_path("leeway") / f"kafka-{KAFKA_VERSION}"


def classpath(folder: Path) -> list[Path]:
    """The jars' paths: exactly the locked ones, so that a file that somebody put beside them is never loaded."""
    return [folder / jar.file for jar in locked()]


def ensure(
    folder: Path,
    on_progress: Callable[[str], None],
    *,
    repositories: Mapping[str, str] | None = None,
    lock: Path = LOCK,
) -> None:
    """Check every jar, and fetch what is missing or altered.

    Args:
        folder: the cache; made if it is not there.
        on_progress: gets one sentence for each thing that was done.
        repositories: name and base URL of the Maven repositories asked; None asks Maven Central.
        lock: the lock file.

    Raises:
        Refused: a jar is altered and cannot be fetched, or the cache cannot be written.
        Unavailable: a jar is missing and cannot be fetched.
    """
    wanted = [jar for jar in locked(lock) if not checked(folder / jar.file, jar)]
    altered = [jar for jar in wanted if (folder / jar.file).exists()]
    for jar in altered:
        on_progress(f"{jar.file} in {folder} is incomplete or altered: it is fetched again")
    if wanted:
        on_progress(f"Fetching {len(wanted)} jars of Apache Kafka {KAFKA_VERSION} (41 MB in all, once per user)")
        _fetch(wanted, folder, altered, repositories)


def _fetch(wanted: list[Jar], folder: Path, altered: list[Jar], repositories: Mapping[str, str] | None) -> None:
    from infra.embedded import maven  # noqa: PLC0415 - the network client is only needed when something is missing

    terminal = Console(stderr=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with Progress(console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
            task = bar.add_task("Apache Kafka", total=len(wanted))
            maven.fetch(wanted, folder, fetched=lambda _: bar.advance(task), repositories=repositories)
    except Unavailable as error:
        if altered:
            raise Refused(f"{folder / altered[0].file} is not the file that Leeway was tested with. {error}") from error
        raise
    except OSError as error:
        raise Refused(f"Kafka's jars cannot be kept in {folder}: {error}") from error
