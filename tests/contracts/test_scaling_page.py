"""docs/scaling.md says what scaling.json says, and scaling.json what follows from its own inputs."""

from typing import Any

import pytest

from benchmarks import result
from benchmarks.scaling import page
from benchmarks.scaling.conclude import described
from benchmarks.scaling.inputs import FIGURES, Inputs
from benchmarks.scaling.sizing import Assumed


@pytest.fixture
def kept() -> dict[str, Any]:
    return result.read("scaling")


def test_the_page_says_what_the_result_file_says() -> None:
    text = page.PAGE.read_text()

    assert page.filled(text) == text


def test_every_input_names_its_source(kept: dict[str, Any]) -> None:
    assert {one["name"] for one in kept["inputs"]} == set(FIGURES)
    assert all(one["source"].split(",")[0] in {"scaling.json", "bench.json"} for one in kept["inputs"])


def test_the_sizes_follow_from_the_inputs(kept: dict[str, Any]) -> None:
    figures = {one["name"]: one["value"] for one in kept["inputs"]}
    inputs = Inputs(figures, dict.fromkeys(figures, ""))

    assert [described(one["rate"], inputs, Assumed()) for one in kept["sizes"]] == kept["sizes"]


def test_the_page_names_the_assumptions_that_were_used() -> None:
    text, assumed = page.PAGE.read_text(), Assumed()

    disk = f"{assumed.broker_disk:,.0f} MB/s"
    for said in (
        f"| {assumed.utilisation:.0%} |".replace("%", " %"),
        f"plain read | {assumed.replication} |",
        f"{assumed.broker_cores} cores, {assumed.broker_network / 125:g} Gbit/s each way, {disk}",
        f"one server of {assumed.postgres_cores} cores and {assumed.postgres_disk:,.0f} MB/s",
    ):
        assert said in text
