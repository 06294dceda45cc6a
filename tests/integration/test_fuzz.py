"""Fuzzed records through the real framer and scorer; `make fuzz` is the same with a million."""

from pathlib import Path

from fuzz.campaign import fuzz
from infra.embedded import Endpoints


def test_each_fuzzed_record_ends_in_one_place(servers: Endpoints, tmp_path: Path) -> None:
    found = fuzz(servers.kafka, tmp_path, count=20_000, seed=1, examples=500, patience_s=120)

    assert found["missed"] == []
    assert found["processes_ended"] == 0
    assert found["sent"] == found["scored"] + found["rejected"] + found["duplicates"] == 20_000
    assert len(found["reasons"]) >= 10
