"""`python -m streams rebuild DECLARATION`: every partition's state anew, and what is to be said of each."""

import sys
from pathlib import Path

from infra import offsets
from infra.cli.advance import advancing
from infra.registry import Registry
from infra.registry import load as registry_load
from infra.settings import Settings
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.errors import Refused
from schemas.messages import Served
from schemas.topics import Topics
from streams.lane import Place
from streams.rebuild import Rebuild, Rebuilt
from streams.score import Scorer, Serving, Stage


class Versions:
    """The versions that once served, loaded from the registry as they are asked for."""

    def __init__(self, declaration: Declaration, registry: Registry, cache: Path) -> None:
        self._declaration, self._registry, self._cache = declaration, registry, cache
        self._loaded: dict[str, Serving] = {}

    def __call__(self, said: Served) -> Serving:
        """The one that `said` names, which must still be the same model.

        Raises:
            Refused: the registry does not have it any more.
        """
        if said.model_sha256 not in self._loaded:
            found = [ref for ref in self._registry.versions() if ref.model_sha256 == said.model_sha256]
            ref = next((ref for ref in found if ref.version == said.version), None)
            if ref is None:
                raise Refused(
                    f"Version {said.version} (SHA-256 {said.model_sha256[:12]}...) scored partition {said.partition}"
                    f" from offset {said.from_offset} on, and is not in MLflow any more. Nothing was changed for that"
                    " partition. Restore the version in MLflow, and start this again"
                )
            model = registry_load(ref, registry=self._registry, cache=self._cache)
            self._loaded[said.model_sha256] = Serving(Scorer(self._declaration, model))
        return self._loaded[said.model_sha256]


def rebuild(settings: Settings, declaration: Declaration) -> None:
    """Rebuilds the state of each partition, and prints what came of it.

    Raises:
        Refused: a scorer runs, or the state cannot be rebuilt.
        Unavailable: a server is away; partitions told before are done, the others unchanged.
    """
    topics = Topics(declaration.name)
    alone(settings.kafka, f"{declaration.name}.scorer")
    place = Place(settings.kafka, topics, "rebuild", milliseconds(declaration.stream.lateness), declaration.pane_ms)
    versions = Versions(declaration, Registry(settings.mlflow, declaration.name), settings.home / "models")
    ends = offsets.ends(settings.kafka, topics.samples)
    with advancing(sum(end - low for low, end in ends.values()), "records") as tell:
        work = Rebuild(place, Stage(declaration), versions, tell)
        found = {number: work.run(number) for number in sorted(ends)}
    for number, one in found.items():
        sys.stdout.write("\n".join(lines(f"{topics.samples}/{number}", one)) + "\n")


def alone(bootstrap: str, group: str) -> None:
    """Sees that no scorer is at work: the lanes that are fenced here would end it, and it would come back.

    Raises:
        Refused: one is, or was until a few seconds ago.
    """
    members = offsets.members(bootstrap, group)
    if members:
        raise Refused(
            f"Scorers are at work or ended less than 10 s ago ({', '.join(members)}). Nothing was changed. Stop them"
            " first (`leeway down`, then `leeway up --servers`), and start this again"
        )


def lines(place: str, one: Rebuilt) -> list[str]:
    """What is to be said of a partition."""
    here = one.state.position
    counts = f"{here.scored:,} scored, {here.rejected:,} rejected, {here.duplicates:,} duplicates"
    holds = f"{len(one.state.panes)} open panes, version {here.version} since {here.switched}"
    said = [f"{place}: rebuilt from {one.records:,} records, up to offset {here.next}: {counts}, {holds}"]
    if one.gone:
        said.append(
            f"{place}: the {one.gone:,} offsets before are gone from samples: counted by their outputs,"
            f" {here.unavailable:,} as unavailable; ids and open panes of them are not in the state"
        )
    if one.differs is None:
        said.append(f"{place}: the state before could not be compared: {one.unreadable}")
    elif one.differs:
        said += [f"{place}: not as the state before: {what}" for what in one.differs]
    else:
        said.append(f"{place}: the same as the state before")
    return said
