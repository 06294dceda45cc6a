"""What a training process is given and what it hands back: files in a private folder."""

from pathlib import Path

import msgspec
from msgspec import Struct

from consumers.training import dataset
from consumers.training.cause import Cause
from consumers.training.checks.check import Check
from consumers.training.dataset import Dataset
from schemas.messages import Figures, ModelRef

JOB, RESULT, PROGRESS, DECLARATION = "job.json", "result.json", "progress", "declaration.toml"


class Job(Struct, frozen=True, kw_only=True):
    """`champion` is None for the first version; else its files are in `champion_folder`.

    For pictures: `cause`, and `never`, the version that was never retrained, in `never_folder`.
    """

    as_of: int
    digest: str
    values: dict[str, list[str]]
    champion: ModelRef | None = None
    champion_folder: str = ""
    never: ModelRef | None = None
    never_folder: str = ""
    cause: Cause | None = None


class Gate(Struct, frozen=True, kw_only=True):
    """consumers.training.gate.Verdict as it travels, and the checks beside it: passed when it and all of them are."""

    passed: bool
    reason: str
    rows: int
    champion: float | None
    challenger: float | None
    gain: float | None
    low: float | None
    high: float | None
    checks: list[Check] = []

    @property
    def failed(self) -> list[str]:
        """Names of the checks that it did not pass."""
        return [check.name for check in self.checks if not check.passed]

    def figures(self) -> Figures:
        """For a decision: the loss and its interval, what each check found, and the names of those that failed."""
        own = {name: getattr(self, name) for name in ("rows", "champion", "challenger", "gain", "low", "high")}
        found = {name: value for check in self.checks for name, value in check.figures.items()}
        return own | found | {"failed": ", ".join(self.failed)}

    def metrics(self) -> dict[str, float]:
        """For the run: the same numbers that are there, and each check as 1 (passed) or 0."""
        loss = {
            "champion_log_loss": self.champion,
            "gain": self.gain,
            "gain_low": self.low,
            "gain_high": self.high,
        }
        found = {f"gate/{name}": value for check in self.checks for name, value in check.figures.items()}
        passed = {f"gate/{check.name}_passed": float(check.passed) for check in self.checks}
        return {name: value for name, value in loss.items() if value is not None} | found | passed


class Result(Struct, frozen=True, kw_only=True):
    """`error` says why there is no version; else the bundle is in the folder, and `gate` is None for a first one.

    `pictures` are paths of PNG files and of report.html in the folder; `undrawn` says why some are not there.
    """

    error: str | None = None
    chosen: str = ""
    rows: int = 0
    gate: Gate | None = None
    model_sha256: str = ""
    contract_sha256: str = ""
    trained_from: int = 0
    trained_until: int = 0
    metrics: dict[str, float] = {}
    params: dict[str, str] = {}
    seconds: dict[str, float] = {}
    pictures: list[str] = []
    undrawn: list[str] = []

    def tags(self, retrain: str, event: str) -> dict[str, str]:
        """Of the run and the version that are made of it."""
        return {
            "retrain": retrain,
            "event": event,
            "model_sha256": self.model_sha256,
            "contract_sha256": self.contract_sha256,
            "trained_until": str(self.trained_until),
        }


def write(folder: Path, job: Job, data: Dataset, declaration: bytes) -> None:
    """Writes everything a training process reads; the job file last, whole or not at all."""
    dataset.save(data, folder)
    (folder / DECLARATION).write_bytes(declaration)
    replace(folder / JOB, msgspec.json.encode(job))


def read(folder: Path) -> Job:
    """The job in this folder."""
    return msgspec.json.decode((folder / JOB).read_bytes(), type=Job)


def result(folder: Path) -> Result | None:
    """What the training process wrote, or None if it ended without."""
    try:
        return msgspec.json.decode((folder / RESULT).read_bytes(), type=Result)
    except FileNotFoundError:
        return None


def replace(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(content)
    beside.replace(path)
