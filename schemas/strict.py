"""Tables of a file, strictly: an unknown key or a wrong value is refused, by its place and with what is allowed."""

import re
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct

from schemas.errors import Refused


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


T = TypeVar("T", bound=Section)


def convert(content: Any, into: type[T], key: str, place: str) -> T:
    """The content of a table as its type.

    Args:
        content: as it was decoded.
        into: the type.
        key: of the table in the file, empty for the whole of it.
        place: what errors call the file.

    Raises:
        Refused: a key or a value in it is not allowed.
    """
    try:
        return msgspec.convert(content, into)
    except msgspec.ValidationError as error:
        raise Refused(f"{place}: {_explain(str(error), into, key)}") from error


def _explain(message: str, into: type[Section], above: str) -> str:
    """Msgspec's message with the key as in the file, and what is allowed there."""
    what, _, path = message.partition(" - at `")
    inner = path.removesuffix("`").removeprefix("$").removeprefix(".")
    key = ".".join(part for part in (above, inner) if part) or "the file"
    unknown = re.search(r"unknown field `([^`]*)`", what)
    if unknown:
        allowed = ", ".join(_types(_section(into, inner)))
        return f"unknown key {unknown[1]!r} in [{key}]; allowed: {allowed}"
    section, _, last = inner.rpartition(".")
    choices = get_args(_types(_section(into, section)).get(last)) if "enum" in what else ()
    return f"{key}: {what[:1].lower()}{what[1:]}" + (f"; allowed: {', '.join(map(str, choices))}" if choices else "")


def _section(into: type[Section], path: str) -> type[Section]:
    found = _types(into).get(path)
    return found if isinstance(found, type) and issubclass(found, Section) else into


def _types(section: type[Section]) -> dict[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(section)}
