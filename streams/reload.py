"""models -> what is served: loads a new version beside the old one, so that lanes swap between two frames."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog
from confluent_kafka import TopicPartition

from infra import kafka
from schemas.declaration import Declaration
from schemas.errors import LeewayError, Refused
from schemas.messages import ModelRef, Models, decode_models
from schemas.topics import Topics
from streams.score import Model, Scorer, Serving
from streams.summarize import Counter

log = structlog.get_logger()
Load = Callable[[ModelRef], Model]
"""Fetches and checks a version. Raises LeewayError."""
Find = Callable[[int], ModelRef | None]
"""The registered version of this number."""


@dataclass(slots=True)
class Reload:
    """Follows the `models` topic in a thread of its own; `serving` is the newest set that could be loaded."""

    declaration: Declaration
    load: Load
    find: Find
    champion: Callable[[], ModelRef | None]
    serving: Serving | None = None
    refused: Refused | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    _scorers: dict[int, Scorer] = field(default_factory=dict)

    def start(self, bootstrap: str) -> threading.Thread:
        """Starts following; a first model that may not be loaded is left in `refused`."""
        thread = threading.Thread(target=self._follow, args=(bootstrap,), name="reload", daemon=True)
        thread.start()
        return thread

    def unready(self) -> str:
        """Why nothing is scored; asked from another thread."""
        if self.serving is not None:
            return ""
        return str(self.refused or "no model is served yet: `leeway train` makes the first one")

    def _follow(self, bootstrap: str) -> None:
        topics = Topics(self.declaration.name)
        client = kafka.consumer(bootstrap, f"{self.declaration.name}.reload", **{"enable.partition.eof": True})
        client.assign([TopicPartition(topics.models, 0, 0)])
        newest: Models | None = None
        while not self.stopping.is_set():
            message = client.poll(0.1)
            if message is None:
                newest = self._try(newest)
            elif message.error() is None:
                newest = decode_models(message.value() or b"")
            else:
                newest = self._try(newest) if newest else self._by_alias()
        client.close()

    def _try(self, wanted: Models | None) -> Models | None:
        """Loads what is wanted; gives back what is still to be loaded because a server is away."""
        if wanted is None:
            return None
        try:
            self.take(wanted)
        except Refused as error:
            log.error("model.refused", version=wanted.champion.version, error=str(error), still=self._still())  # noqa: TRY400 - the sentence says it
            self.refused = error
        except LeewayError as error:
            log.warning("model.waiting", version=wanted.champion.version, error=str(error), still=self._still())
            return wanted
        return None

    def _by_alias(self) -> Models | None:
        """What the registry's alias says, as long as nothing has come by the topic."""
        if self.serving is not None:
            return None
        try:
            ref = self.champion()
        except LeewayError:
            return None
        return None if ref is None else Models(
            stream=self.declaration.name, champion=ref, previous=None, shadows=[], retrain="", at=0
        )  # fmt: skip

    def take(self, models: Models) -> None:
        """Loads the champion and the shadows of a record, and serves them from then on.

        Raises:
            LeewayError: one of them cannot be loaded; what was served before goes on.
        """
        champion = self._scorer(models.champion)
        shadows = tuple(self._scorer(ref) for ref in models.shadows)
        self.serving = Serving(champion, shadows)
        self.refused = None
        log.info("model.loaded", version=champion.version, shadows=[shadow.version for shadow in shadows])

    def counters(self, versions: set[int]) -> Mapping[int, Counter]:
        """The counters of these versions, loaded where they must be; without those that cannot be had now."""
        found: dict[int, Counter] = {}
        for version in versions:
            try:
                ref = None if version in self._scorers else self.find(version)
                if ref is not None:
                    self._scorer(ref)
            except LeewayError as error:
                log.warning("judge.no_reference", version=version, error=str(error))
            if version in self._scorers:
                found[version] = self._scorers[version].counter
        return found

    def _scorer(self, ref: ModelRef) -> Scorer:
        known = self._scorers.get(ref.version)
        if known is None or known.model.ref.model_sha256 != ref.model_sha256:
            known = Scorer(self.declaration, self.load(ref))
            self._scorers[ref.version] = known
        return known

    def _still(self) -> int | None:
        return self.serving.champion.version if self.serving else None
