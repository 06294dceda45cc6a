"""MLflow, and its only importer: runs, versions and aliases of one stream's model, and its files by checksum.

MLflow is imported where it is first needed: a scorer whose cache holds the version never loads it.
"""

import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from infra import bundle, modelfolder
from infra.backoff import patiently
from infra.kafka import PATIENCE_S
from infra.masking import masked
from infra.serving import ServingModel
from schemas.declaration import Declaration
from schemas.errors import Refused, Unavailable
from schemas.messages import ModelRef

CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"
T = TypeVar("T")
_GONE = "RESOURCE_DOES_NOT_EXIST"
_PASSING = {"INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "DEADLINE_EXCEEDED", "ABORTED"}

_IMPORTING = Lock()
"""MLflow imports itself piece by piece; a second thread that imports it meanwhile may find it half made."""


class Registry:
    """The registered model of `stream` at an MLflow server. Every call is retried, and may be repeated.

    Raises everywhere:
        Unavailable: MLflow did not answer for `patience_s`.
        Refused: MLflow answered that it will not.
    """

    def __init__(self, uri: str, stream: str, patience_s: float = PATIENCE_S) -> None:
        self._uri, self._stream, self._patience_s = uri, stream, patience_s
        self._connected: Any = None

    def champion(self) -> ModelRef | None:
        """The version with the alias `champion`."""
        return self._ask(lambda client: self._by_alias(client, CHAMPION))

    def version(self, retrain: str) -> ModelRef | None:
        """The version that came of this retrain."""
        return next((ref for tags, ref in self._ask(self._listed) if tags.get("retrain") == retrain), None)

    def versions(self) -> list[ModelRef]:
        """All versions, oldest first."""
        return [ref for _, ref in self._ask(self._listed)]

    def register(
        self,
        folder: Path,
        declaration: Declaration,
        tags: Mapping[str, str],
        params: Mapping[str, str],
        metrics: Mapping[str, float],
        pictures: Sequence[str] = (),
    ) -> ModelRef:
        """Makes a run and a version of the bundle in `folder`, with the alias `challenger`.

        A version that exists already for `tags["retrain"]` is returned as it is; a run that was left unfinished for it
        is closed as failed.

        Args:
            folder: model.skops, contract.json, maybe model.onnx, and the pictures.
            declaration: for the signature.
            tags: retrain, event, model_sha256, contract_sha256 and trained_until; the run and the version get them.
            params: of the run.
            metrics: of the run.
            pictures: PNG files by their path in `folder`, where the run's artifacts keep them as well.
        """
        known = self.version(tags["retrain"])
        return known or self._ask(
            lambda client: self._register(client, folder, declaration, tags, params, metrics, pictures)
        )

    def point(self, champion: int, previous: int | None) -> None:
        """Sets the alias `champion`, and `previous` if there is one; `challenger` is taken off."""

        def call(client: Any) -> None:
            if previous is not None:
                client.set_registered_model_alias(self._stream, PREVIOUS, str(previous))
            client.set_registered_model_alias(self._stream, CHAMPION, str(champion))
            client.delete_registered_model_alias(self._stream, CHALLENGER)

        self._ask(call)

    def fetch(self, ref: ModelRef, cache: Path) -> Path:
        """A folder with the files of a version, its hashes right; downloaded unless the cache has it."""
        folder = cache / _key(ref)
        if folder.is_dir():
            try:
                bundle.verify(folder, ref)
            except Refused:
                shutil.rmtree(folder, ignore_errors=True)  # altered on this disk: the registry's copy counts
            else:
                return folder
        self._ask(lambda client: self._download(client, ref, cache))
        return folder

    def _ask(self, call: Callable[[Any], T]) -> T:
        return patiently(lambda: self._once(call), patience_s=self._patience_s)

    def _once(self, call: Callable[[Any], T]) -> T:
        with _IMPORTING:
            from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see the module's docstring

            client = self._client()
        try:
            return call(client)
        except MlflowException as error:
            if error.error_code in _PASSING:
                raise Unavailable(f"MLflow at {masked(self._uri)} does not answer: {_first(error)}") from error
            raise Refused(f"MLflow at {masked(self._uri)} refused ({error.error_code}): {_first(error)}") from error
        except OSError as error:  # what its HTTP client raises when a connection breaks in the middle of a file
            raise Unavailable(f"MLflow at {masked(self._uri)}: the connection broke: {error}") from error

    def _client(self) -> Any:
        if self._connected is None:
            from mlflow.environment_variables import (  # noqa: PLC0415 - see the module's docstring
                MLFLOW_HTTP_REQUEST_MAX_RETRIES,
                MLFLOW_HTTP_REQUEST_TIMEOUT,
                MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT,
            )
            from mlflow.tracking import MlflowClient  # noqa: PLC0415 - as above

            MLFLOW_HTTP_REQUEST_MAX_RETRIES.set(1)  # `patiently` does the retrying, and says so
            MLFLOW_HTTP_REQUEST_TIMEOUT.set(30)
            MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT.set(True)
            logging.getLogger("mlflow").setLevel(logging.WARNING)
            self._connected = MlflowClient(self._uri, self._uri)
        return self._connected

    def _by_alias(self, client: Any, alias: str) -> ModelRef | None:
        from mlflow.exceptions import RestException  # noqa: PLC0415 - see the module's docstring

        try:
            return _ref(client.get_model_version_by_alias(self._stream, alias))
        except RestException as error:
            if error.error_code in (_GONE, "INVALID_PARAMETER_VALUE"):  # no such model; no such alias
                return None
            raise

    def _listed(self, client: Any) -> list[tuple[dict[str, str], ModelRef]]:
        found: list[Any] = []
        token: str | None = None
        while token is None or token:
            page = client.search_model_versions(f"name = '{self._stream}'", max_results=1000, page_token=token)
            found.extend(page)
            token = page.token or ""
        return [(dict(item.tags), _ref(item)) for item in sorted(found, key=lambda item: int(item.version))]

    def _register(
        self,
        client: Any,
        folder: Path,
        declaration: Declaration,
        tags: Mapping[str, str],
        params: Mapping[str, str],
        metrics: Mapping[str, float],
        pictures: Sequence[str],
    ) -> ModelRef:
        experiment = self._experiment(client)
        self._close_unfinished(client, experiment, tags["retrain"])
        run = client.create_run(experiment, tags=dict(tags), run_name=tags["retrain"]).info.run_id
        self._log(client, run, params, metrics)
        for name in pictures:
            client.log_artifact(run, str(folder / name), str(Path(name).parent))
        model = self._model(client, experiment, run, folder, declaration)
        self._ensure_registered_model(client)
        version = client.create_model_version(self._stream, f"models:/{model}", run, dict(tags), model_id=model)
        client.set_registered_model_alias(self._stream, CHALLENGER, version.version)
        client.set_terminated(run)
        return _ref(client.get_model_version(self._stream, version.version))

    def _experiment(self, client: Any) -> str:
        found = client.get_experiment_by_name(self._stream)
        return str(found.experiment_id) if found else str(client.create_experiment(self._stream))

    def _close_unfinished(self, client: Any, experiment: str, retrain: str) -> None:
        for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
            if run.data.tags.get("retrain") == retrain:
                client.set_terminated(run.info.run_id, "FAILED")

    def _log(self, client: Any, run: str, params: Mapping[str, str], metrics: Mapping[str, float]) -> None:
        from mlflow.entities import Metric, Param  # noqa: PLC0415 - see the module's docstring

        client.log_batch(
            run,
            metrics=[Metric(name, value, 0, 0) for name, value in metrics.items()],
            params=[Param(name, value) for name, value in params.items()],
        )

    def _model(self, client: Any, experiment: str, run: str, folder: Path, declaration: Declaration) -> str:
        """The id of a logged model whose files are ours, byte for byte."""
        model = client.create_logged_model(experiment, self._stream, source_run_id=run, model_type="classifier")
        with tempfile.TemporaryDirectory(prefix="leeway-model-") as place:
            modelfolder.write(Path(place), folder, declaration, model.model_id, run)
            client.log_model_artifacts(model.model_id, place)
        client.finalize_logged_model(model.model_id, "READY")
        return str(model.model_id)

    def _ensure_registered_model(self, client: Any) -> None:
        from mlflow.exceptions import RestException  # noqa: PLC0415 - see the module's docstring

        try:
            client.create_registered_model(self._stream)
        except RestException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _download(self, client: Any, ref: ModelRef, cache: Path) -> None:
        from mlflow.artifacts import download_artifacts  # noqa: PLC0415 - see the module's docstring

        source = client.get_model_version_download_uri(self._stream, str(ref.version))
        if source.startswith("models:/"):
            source = client.get_logged_model(source.removeprefix("models:/")).artifact_location
        with tempfile.TemporaryDirectory(prefix="leeway-model-") as place:
            download_artifacts(f"{source}/{bundle.CONTRACT}", dst_path=place, tracking_uri=self._uri)
            for name in bundle.files(Path(place), ref).keys() - {bundle.CONTRACT}:
                download_artifacts(f"{source}/{name}", dst_path=place, tracking_uri=self._uri)
            keep(Path(place), ref, cache)


def keep(folder: Path, ref: ModelRef, cache: Path) -> Path:
    """Copies the files of a version into the cache, whole or not at all; the folder there.

    Raises:
        Refused: their hashes are not those of `ref`.
    """
    bundle.verify(folder, ref)
    target = cache / _key(ref)
    cache.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        return target
    part = Path(tempfile.mkdtemp(dir=cache, prefix="part-"))
    try:
        for name in bundle.files(folder, ref):
            shutil.copyfile(folder / name, part / name)
        part.rename(target)
    except OSError:
        if not target.is_dir():  # else another process put the same files there first
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def load(ref: ModelRef, registry: Registry, cache: Path) -> ServingModel:
    """The version, fetched if the cache has it not, checked and ready to score.

    Raises:
        Unavailable: MLflow is away and the cache has not got it.
        Refused: a hash, a type or a probe score is not as registered.
    """
    return bundle.load(registry.fetch(ref, cache), ref)


def _key(ref: ModelRef) -> str:
    """The cache's folder of a version: both hashes, so that equal models with different contracts keep apart."""
    return f"{ref.model_sha256}-{ref.contract_sha256[:16]}"


def _ref(version: Any) -> ModelRef:
    tags = version.tags
    missing = {"model_sha256", "contract_sha256", "trained_until"} - set(tags)
    if missing:
        raise Refused(
            f"Version {version.version} of {version.name} in MLflow lacks the tag {min(missing)}: it was not "
            "registered by this product, so it is not served"
        )
    return ModelRef(
        version=int(version.version),
        run_id=version.run_id or "",
        model_sha256=tags["model_sha256"],
        contract_sha256=tags["contract_sha256"],
        trained_until=int(tags["trained_until"]),
    )


def _first(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:300] if lines else type(error).__name__
