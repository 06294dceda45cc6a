"""The training process: `python -m consumers.training.child FOLDER`, given its job by a line on standard input.

It is started before its data is ready, since its imports take seconds. It ends when its standard input does,
so it never outlives the process that started it, however that one ended.
"""

import importlib
import os
import resource
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from consumers.training import dataset, job
from consumers.training.job import Result
from schemas import declaration
from schemas.errors import LeewayError

if TYPE_CHECKING:
    from infra.serving import ServingModel
    from schemas.messages import ModelRef


def main(folder: Path) -> int:
    """Imports, waits for the word, trains; 0 if a result was written, also if it says that nothing can be trained."""
    os.environ["OMP_NUM_THREADS"] = "1"  # see version.cores
    os.nice(10)  # the stream goes first
    told = threading.Event()
    threading.Thread(target=_follow_parent, args=(told,), daemon=True).start()  # it may end while this imports
    from consumers.training import version  # noqa: PLC0415 - pulls in scikit-learn, while the data is being gathered

    _preload()
    told.wait()
    given = job.read(folder)
    try:
        declared = declaration.parse((folder / job.DECLARATION).read_bytes(), job.DECLARATION)
        _limit_memory(declared.retrain.memory_bytes)
        data = dataset.load(folder, given.values, given.as_of, given.digest)
        champion = _loaded(given.champion, given.champion_folder)
        never = _loaded(given.never, given.never_folder)
        result = version.make(
            folder, declared, data, champion, lambda name: _progress(folder, name), given.cause, never
        )
    except MemoryError as error:
        result = Result(error=f"training needed more memory than [retrain] memory_bytes allows: {error}")
    except (LeewayError, ValueError) as error:  # ValueError is how an estimator refuses its parameters
        result = Result(error=f"{type(error).__name__}: {error}")
    job.replace(folder / job.RESULT, msgspec.json.encode(result))
    return 0


def _preload() -> None:
    """What training and drawing need, imported while the parent gathers the data."""
    drawing = ("matplotlib.backends.backend_agg", "matplotlib.dates", "jinja2")
    for name in ("skops.io", "sklearn.ensemble", "infra.forest", "scipy.stats", *drawing):
        importlib.import_module(name)


def _loaded(ref: "ModelRef | None", folder: str) -> "ServingModel | None":
    from infra import bundle  # noqa: PLC0415 - beside the other heavy imports

    return bundle.load(Path(folder), ref) if ref else None


def _progress(folder: Path, stage: str) -> None:
    job.replace(folder / job.PROGRESS, stage.encode())


def _limit_memory(size: int) -> None:
    """Of what this process itself allocates (RLIMIT_DATA): beyond it, allocations fail here and nowhere else.

    Not RLIMIT_AS, which also counts files that are mapped and address space that is only reserved.
    """
    _, highest = resource.getrlimit(resource.RLIMIT_DATA)
    limit = size if highest == resource.RLIM_INFINITY else min(size, highest)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, highest))


def _follow_parent(told: threading.Event) -> None:
    """The first line is the word; the end of input is that of the parent."""
    while sys.stdin.readline():
        told.set()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
