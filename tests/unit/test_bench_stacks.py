"""Which stage a stack of py-spy belongs to."""

import pytest

from benchmarks.compare.stacks import OTHER, spent, stage

MAIN = "thread (7): MainThread;main (/x/streams/__main__.py:95)"
APPLY = f"{MAIN};Lane._apply (/x/streams/lane.py:141);Stage.apply (/x/streams/score.py:105)"


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (f"{APPLY};Decoder.__call__ (/x/streams/decode.py:90)", "decode"),
        (f"{APPLY};Decoder.__call__ (/x/streams/decode.py:90);Decoder._bounded (/x/streams/decode.py:130)", "validate"),
        (f"{APPLY};Stage._score (/x/streams/score.py:1);_predictions.<locals>.<listcomp> (/x/streams/score.py:2)",
         "encode"),
        (f"{APPLY};Stage._score (/x/streams/score.py:1);predict (/x/lib/sklearn/linear_model/_base.py:9)", "predict"),
        (f"{MAIN};Transaction.produce_all (/x/streams/transaction.py:40)", "produce"),
        (f"{MAIN};Lane.commit (/x/streams/lane.py:203);Transaction.commit (/x/streams/transaction.py:50)", "commit"),
        (APPLY, "stage and lane, their own lines"),
        ("thread (7): MainThread;_run_once (/lib/asyncio/base_events.py:1)", "Faust: aiokafka, event loop"),
        ("thread (7): MainThread;_run_once (/lib/asyncio/base_events.py:1);select (/lib/selectors.py:468)", "waiting"),
        ("thread (7): MainThread;loads (/lib/json/decoder.py:1)", OTHER),
    ],
)  # fmt: skip
def test_a_stack_is_told_by_its_deepest_known_frame(stack: str, expected: str) -> None:
    assert stage(stack) == expected


def test_cpu_is_shared_out_within_each_thread_and_waiting_takes_none() -> None:
    raw = "\n".join(
        [
            f"{APPLY};Decoder.__call__ (/x/streams/decode.py:90) 3",
            f"{MAIN};Transaction.produce_all (/x/streams/transaction.py:40) 1",
            "thread (7): MainThread;select (/lib/selectors.py:468) 96",
            "thread (8): reload;Reload._follow (/x/streams/reload.py:50) 100",
        ]
    )

    found = spent(raw, {7: 4.0, 8: 0.5, 9: 0.25})

    assert found == {"decode": 3.0, "produce": 1.0, "judge, reload, watchdog": 0.5, OTHER: 0.25}
