"""docs/verdicts.md says what its result files say."""

from benchmarks import result, verdicts


def test_the_page_says_what_the_result_files_say() -> None:
    files = (result.read(name) for name in ("calibrate", "shuffled", "slo"))

    assert verdicts.PAGE.read_text() == verdicts.text(*files)
