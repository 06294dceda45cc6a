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

from infra import bundle, modelcache, modelfolder, runs
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
        return self._ask(lambda client: self._of(client, retrain))

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

        One that exists already for `tags["retrain"]` is finished; a run without a version is closed as failed.

        Args:
            folder: model.skops, contract.json, maybe model.onnx, and the pictures.
            declaration: for the signature.
            tags: retrain, event, model_sha256, contract_sha256 and trained_until; the run and the version get them.
            params: of the run.
            metrics: of the run.
            pictures: PNG files and the page by their path in `folder`, which is that in the run's artifacts too.
        """

        def call(client: Any) -> ModelRef:
            known = self._finished(client, tags["retrain"])
            return known or self._register(client, folder, declaration, tags, params, metrics, pictures)

        return self._ask(call)

    def finished(self, retrain: str) -> ModelRef | None:
        """The version that came of this retrain, with what may be missing if whoever made it was killed then."""
        return self._ask(lambda client: self._finished(client, retrain))

    def note(
        self,
        folder: Path,
        tags: Mapping[str, str],
        params: Mapping[str, str],
        metrics: Mapping[str, float],
        pictures: Sequence[str] = (),
    ) -> None:
        """Makes a run without a version, of a challenger that did not pass; arguments as of `register`.

        A run that was finished for `tags["retrain"]` stays as it is.
        """

        def call(client: Any) -> None:
            experiment = runs.experiment(client, self._stream)
            if not runs.finished(client, experiment, tags["retrain"]):
                client.set_terminated(runs.begin(client, experiment, folder, tags, params, metrics, pictures))

        self._ask(call)

    def point(self, champion: int, previous: int | None) -> None:
        """Sets the alias `champion`, and `previous` if there is one, else it is taken off, as `challenger` is."""

        def call(client: Any) -> None:
            for alias, version in {CHAMPION: champion, PREVIOUS: previous, CHALLENGER: None}.items():
                if version is not None:
                    client.set_registered_model_alias(self._stream, alias, str(version))
                else:
                    client.delete_registered_model_alias(self._stream, alias)

        self._ask(call)

    def fetch(self, ref: ModelRef, cache: Path) -> Path:
        """A folder with the files of a version, its hashes right; downloaded unless the cache has it."""
        folder = modelcache.place(cache, ref)
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
        experiment = runs.experiment(client, self._stream)
        run = runs.begin(client, experiment, folder, tags, params, metrics, pictures)
        model = self._model(client, experiment, run, folder, declaration)
        self._ensure_registered_model(client)
        version = client.create_model_version(self._stream, f"models:/{model}", run, dict(tags), model_id=model)
        client.set_registered_model_alias(self._stream, CHALLENGER, version.version)
        client.set_terminated(run)
        return _ref(client.get_model_version(self._stream, version.version))

    def _of(self, client: Any, retrain: str) -> ModelRef | None:
        return next((ref for tags, ref in self._listed(client) if tags.get("retrain") == retrain), None)

    def _finished(self, client: Any, retrain: str) -> ModelRef | None:
        ref = self._of(client, retrain)
        if ref is not None:
            client.set_registered_model_alias(self._stream, CHALLENGER, str(ref.version))
            client.set_terminated(ref.run_id)
        return ref

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
            modelcache.keep(Path(place), ref, cache)


def load(ref: ModelRef, registry: Registry, cache: Path) -> ServingModel:
    """The version, fetched if the cache has it not, checked and ready to score.

    Raises:
        Unavailable: MLflow is away and the cache has not got it.
        Refused: a hash, a type or a probe score is not as registered.
    """
    return bundle.load(registry.fetch(ref, cache), ref)


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
    return next(iter(str(error).splitlines()), type(error).__name__)[:300]
