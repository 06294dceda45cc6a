"""Which versions score beside the champion, as a function of what is declared and what is going on."""

import msgspec

from schemas.declaration import Declaration
from schemas.messages import ModelRef, Models


def beside(models: Models, declaration: Declaration, *others: ModelRef) -> list[ModelRef]:
    """The first version, if it is the declared baseline, and `others`: each once, without the champion but as baseline.

    The baseline is in `shadows` from the first training on, and no version is older.
    """
    first = declaration.model.baseline == "first" and models.shadows
    found = {ref.version: ref for ref in (min(models.shadows, key=_version),)} if first else {}
    return list((found | {ref.version: ref for ref in others}).values())


def with_shadows(models: Models, shadows: list[ModelRef]) -> Models:
    """The same champion, since the same time and by the same retrain, with others beside it."""
    return msgspec.structs.replace(models, shadows=shadows)


def _version(ref: ModelRef) -> int:
    return ref.version
