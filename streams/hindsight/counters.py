"""The contracts and counters of versions that once scored, from MLflow."""

from collections.abc import Collection
from functools import partial

from infra.registry import Registry
from infra.registry import load as registry_load
from infra.settings import Settings
from schemas.declaration import Declaration
from schemas.reference import Contract
from streams.summarize import Counter


def contracts(settings: Settings, declaration: Declaration, versions: Collection[int]) -> dict[int, Contract]:
    """By version, without those that MLflow has not any more.

    Raises:
        Unavailable: MLflow does not answer.
        Refused: the files of one are not what was registered.
    """
    registry = Registry(settings.mlflow, declaration.name)
    load = partial(registry_load, registry=registry, cache=settings.home / "models")
    return {ref.version: load(ref).contract for ref in registry.versions() if ref.version in versions}


def counters(settings: Settings, declaration: Declaration, versions: Collection[int]) -> dict[int, Counter]:
    """By version; see `contracts`."""
    found = contracts(settings, declaration, versions)
    return {version: Counter(declaration, contract) for version, contract in found.items()}
