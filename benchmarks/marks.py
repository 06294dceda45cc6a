"""Marked places of a text, filled from result files: `<!-- name -->` ... `<!-- /name -->`."""

import re
from collections.abc import Mapping


def fill(text: str, contents: Mapping[str, str]) -> str:
    """The text with each of these places filled anew."""
    for name, content in contents.items():
        pattern = rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)"
        text = re.sub(pattern, lambda _, content=content: content, text, flags=re.DOTALL)  # type: ignore[misc] # bound
    return text
