"""Jars from Maven Central by exact coordinates, each checked before it gets its final name."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from jgo.maven import MavenContext
from requests import RequestException

from infra.embedded.jar import Jar, checked
from schemas.errors import Unavailable

PARALLEL = 8
TIMEOUT_S = 60
ATTEMPTS = 3


def fetch(
    wanted: list[Jar], folder: Path, *, fetched: Callable[[Jar], None], repositories: Mapping[str, str] | None = None
) -> None:
    """Fetch each of `wanted` into `folder`, several at a time.

    Args:
        wanted: what is missing.
        folder: where they go; it exists.
        fetched: called for each that arrived whole.
        repositories: name and base URL of each repository asked; None asks Maven Central.

    Raises:
        Unavailable: one did not arrive; those that did are kept.
    """
    with TemporaryDirectory(dir=folder, prefix="partial-") as partial:
        context = MavenContext(
            repo_cache=Path(partial),
            remote_repos=None if repositories is None else dict(repositories),
            timeout=TIMEOUT_S,
        )
        with ThreadPoolExecutor(PARALLEL) as pool:
            for jar in pool.map(lambda jar: _one(context, jar, folder), wanted):
                fetched(jar)


def _one(context: MavenContext, jar: Jar, folder: Path) -> Jar:
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    problem = ""
    for _ in range(ATTEMPTS):
        try:
            arrived = artifact.resolve()
        except (RequestException, RuntimeError, OSError) as error:
            problem = str(error)
        else:
            if checked(arrived, jar):
                arrived.replace(folder / jar.file)
                return jar
            problem = "what arrived is not the file that was locked"
        (context.repo_cache / artifact.component.path_prefix / jar.file).unlink(missing_ok=True)
    raise Unavailable(
        f"{jar.file} of Kafka could not be fetched after {ATTEMPTS} attempts ({problem}). "
        f"The jars that arrived are kept in {folder}: run the same command again when the network is back"
    )
