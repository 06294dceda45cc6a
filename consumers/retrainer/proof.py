"""Who serves what: the latest report of each partition, and whether a version is served everywhere."""

from schemas.messages import ModelRef, Served


class Proof:
    """The reports of the topic `served`, by partition of `samples`."""

    def __init__(self) -> None:
        self._latest: dict[int, Served] = {}

    def take(self, served: Served) -> None:
        """Takes in a report; a later one of the same partition replaces it, whichever worker it is of."""
        self._latest[served.partition] = served

    def lacking(self, ref: ModelRef, partitions: int) -> str | None:
        """None if every partition is served with this version; else which are not, in words."""
        others = [
            f"partition {place} has {self._name(place)}" for place in range(partitions) if not self._serves(place, ref)
        ]
        return "; ".join(others) or None

    def unshadowed(self, version: int, partitions: int) -> str | None:
        """None if on every partition this version scores beside the champion; else where it does not, in words."""
        without = [str(place) for place in range(partitions) if not self._shadows(place, version)]
        return f"not on partition {', '.join(without)}" if without else None

    def _shadows(self, partition: int, version: int) -> bool:
        report = self._latest.get(partition)
        return report is not None and version in report.shadows

    def _serves(self, partition: int, ref: ModelRef) -> bool:
        report = self._latest.get(partition)
        return report is not None and (report.version, report.model_sha256) == (ref.version, ref.model_sha256)

    def _name(self, partition: int) -> str:
        report = self._latest.get(partition)
        return f"version {report.version} by {report.worker}" if report else "no worker that has reported"
