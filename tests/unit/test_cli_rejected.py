"""Rejected records are shown harmlessly and written back untouched."""

from io import BytesIO
from pathlib import Path

import pytest
from rich.console import Console

from infra.cli import rejected
from infra.cli.tables import Rejected
from infra.settings import Settings
from schemas.errors import Refused


def test_control_characters_are_shown_not_sent_to_the_terminal() -> None:
    assert rejected.first_bytes(b"\x1b[31m\x00\xff") == r"\x1b[31m\x00\xff"


def test_a_long_value_is_cut_and_its_size_told() -> None:
    assert rejected.first_bytes(b"x" * 2_000_000).endswith("… 2,000,000 bytes")
    assert len(rejected.first_bytes(b"x" * 2_000_000)) < 100


def test_no_value_is_told_from_an_empty_one() -> None:
    assert rejected.first_bytes(None) == "(no value)"
    assert rejected.first_bytes(b"") == ""


def test_each_record_shows_its_reason_and_place() -> None:
    console = Console(width=120)
    with console.capture() as capture:
        rejected.show([Rejected("not_json", "flights.samples", 2, 917, "byte 0: [x]", b"{")], console)

    assert "not_json" in capture.get()
    assert "flights.samples/2/917" in capture.get()
    assert "byte 0: [x]" in capture.get()


def test_originals_are_written_as_they_came() -> None:
    out = BytesIO()
    rejected.write([Rejected("not_json", "t", 0, 0, "", b"\xff{"), Rejected("empty", "t", 0, 1, "", None)], out)

    assert out.getvalue() == b"\xff{\n\n"


def test_an_unknown_reason_lists_the_known_ones(tmp_path: Path) -> None:
    nowhere = Settings(
        kafka="127.0.0.1:1", postgres="postgresql://127.0.0.1:1/x", mlflow="http://127.0.0.1:1", home=tmp_path
    )

    with pytest.raises(Refused, match="not_json"):
        rejected.find(nowhere, "flights", 5, "no_json")
