"""docs/retraining.md says what its result file says."""

from benchmarks import result
from support import kills


def test_the_page_says_what_the_result_file_says() -> None:
    text = kills.PAGE.read_text()

    assert kills.page(text, result.read("kills")) == text
    assert result.read("kills")["missed"] == []
