"""Elements of SVG, in which text is always escaped: it may be of whoever sent the samples."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from markupsafe import Markup

NONE = Markup()
LONGEST = 40
"""Characters of a text that comes from data."""


def tag(name: str, *inner: str, **attributes: str | float) -> Markup:
    """An element; `stroke_width=2` is written stroke-width="2", `class_` is class. Plain strings are escaped."""
    said = NONE.join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value if isinstance(value, str) else short(value))
        for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, said, NONE.join(inner))


def chart(size: tuple[float, float], label: str, inner: Iterable[Markup]) -> Markup:
    """A drawing of so many pixels in width and height; `label` says to whoever cannot see it what it shows."""
    width, height = size
    return tag(
        "svg", tag("title", label), *inner, viewBox=f"0 0 {short(width)} {short(height)}", role="img",
        width=width, height=height,
    )  # fmt: skip


def text(x: float, y: float, words: str, class_: str = "tick", anchor: str = "start", title: str = "") -> Markup:
    """Words at a place; `title` is shown where a pointer rests on them."""
    more = (tag("title", title),) if title else ()
    return tag("text", words, *more, x=x, y=y, class_=class_, text_anchor=anchor)


def line(start: tuple[float, float], stop: tuple[float, float], class_: str) -> Markup:
    """A straight one."""
    return tag("line", x1=start[0], y1=start[1], x2=stop[0], y2=stop[1], class_=class_)


def box(x: float, y: float, width: float, height: float, class_: str, title: str = "") -> Markup:
    """A filled rectangle."""
    more = (tag("title", title),) if title else ()
    return tag("rect", *more, x=x, y=y, width=max(width, 0), height=max(height, 0), class_=class_)


def path(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """A line through points; neighbours that would be drawn upon one another are drawn once."""
    drawn = [place for place, _ in groupby(f"{short(x)},{short(y)}" for x, y in points)]
    return tag("path", d="M" + "L".join(drawn), class_=class_) if drawn else NONE


def strokes(places: Iterable[float], start: float, stop: float, class_: str) -> Markup:
    """Upright lines from height `start` to `stop`, in one element however many they are."""
    drawn = "".join(f"M{short(x)},{short(start)}V{short(stop)}" for x in places)
    return tag("path", d=drawn, class_=class_) if drawn else NONE


def short(number: float) -> str:
    """A tenth of a pixel is enough."""
    return f"{number:.1f}".removesuffix(".0")


def share(part: float, digits: int = 1) -> str:
    """In per cent."""
    return f"{100 * part:.{digits}f} %"


def label(words: str, longest: int = LONGEST) -> str:
    """A text that comes from data, on one line, not too long, and without what a reader could not see."""
    seen = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words[: longest + 1])
    return seen if len(seen) <= longest else f"{seen[: longest - 1]}…"
