"""docs/drift-speed.md says what bench-drift.json says."""

from benchmarks import result
from benchmarks.drift import page


def test_the_page_says_what_the_result_file_says() -> None:
    assert page.PAGE.read_text() == page.text(result.read("bench-drift"))
