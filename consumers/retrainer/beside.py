"""Which versions score beside the champion, as a function of what is declared and what is going on."""

import msgspec

from schemas.declaration import Declaration
from schemas.messages import ModelRef, Models


def beside(models: Models, declaration: Declaration, *others: ModelRef) -> list[ModelRef]:
    """The first version, if it is the declared baseline, and `others`: each once, without the champion but as baseline.

    The baseline is in `shadows` from the first training on, and no version is older.
    """
    base = first(models, declaration)
    return list({ref.version: ref for ref in (*([base] if base else []), *others)}.values())


def first(models: Models, declaration: Declaration) -> ModelRef | None:
    """The declared baseline, if there is one: no version is older."""
    declared = declaration.model.baseline == "first"
    return min(models.shadows, key=lambda ref: ref.version, default=None) if declared else None


def with_shadows(models: Models, shadows: list[ModelRef]) -> Models:
    """The same champion, since the same time and by the same retrain, with others beside it."""
    return msgspec.structs.replace(models, shadows=shadows)
