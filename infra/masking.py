"""Addresses and log lines without the passwords that they may hold."""

import re

_IN_URLS = re.compile(r"(//[^:/@\s]*:)[^@\s]*@")
_NAMES = r"(?i)\b(password|token|secret|api[_-]?key)([\"']?\s*[=:]\s*)"
_NAMED = re.compile(_NAMES + r"(?!\*\*\*)('[^']*'|\"[^\"]*\"|[^\s,;&\"']+)")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")


def masked(text: str) -> str:
    """The text with *** for the password of a URL, of `password=...` and the like, and for HTTP credentials."""
    return _BEARER.sub(r"\1 ***", _NAMED.sub(r"\1\2***", _IN_URLS.sub(r"\1***@", text)))
