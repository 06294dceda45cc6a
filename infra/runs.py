"""MLflow's runs of one stream: one for each retrain, whether a version came of it or not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def experiment(client: Any, stream: str) -> str:
    """The id of the stream's experiment, made if there is none."""
    found = client.get_experiment_by_name(stream)
    return str(found.experiment_id) if found else str(client.create_experiment(stream))


def finished(client: Any, where: str, retrain: str) -> bool:
    """Whether this retrain has a whole run."""
    return bool(client.search_runs([where], f"tags.retrain = '{retrain}' and attributes.status = 'FINISHED'"))


def begin(
    client: Any,
    where: str,
    folder: Path,
    tags: Mapping[str, str],
    params: Mapping[str, str],
    metrics: Mapping[str, float],
    pictures: Sequence[str],
) -> str:
    """The id of a new run of tags["retrain"] that holds all this, for the caller to end.

    One that was left unfinished for the same retrain is closed as failed.
    """
    _close_unfinished(client, where, tags["retrain"])
    run = str(client.create_run(where, tags=dict(tags), run_name=tags["retrain"]).info.run_id)
    _log(client, run, params, metrics)
    for name in pictures:
        client.log_artifact(run, str(folder / name), str(Path(name).parent) if "/" in name else None)
    return run


def _close_unfinished(client: Any, where: str, retrain: str) -> None:
    for run in client.search_runs([where], "attributes.status = 'RUNNING'"):
        if run.data.tags.get("retrain") == retrain:
            client.set_terminated(run.info.run_id, "FAILED")


def _log(client: Any, run: str, params: Mapping[str, str], metrics: Mapping[str, float]) -> None:
    from mlflow.entities import Metric, Param  # noqa: PLC0415 - only the retrainer loads MLflow

    client.log_batch(
        run,
        metrics=[Metric(name, value, 0, 0) for name, value in metrics.items()],
        params=[Param(name, value) for name, value in params.items()],
    )
