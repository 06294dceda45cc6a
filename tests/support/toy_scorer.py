"""`python -m support.toy_scorer BOOTSTRAP [INSTANCE [PARTITIONS]]`: the real scorer, serving any toy version."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import faust

from infra import kafka
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.messages import ModelRef
from schemas.topics import Topics
from streams.court import open_court
from streams.lane import Place
from streams.reload import Reload
from streams.restore import open_lane
from streams.score import Model, Stage
from streams.topology import Dependencies, build_app
from streams.watchdog import watchdog
from support.models import Logistic, contract, declaration


def main(
    bootstrap: str,
    instance: str | None = None,
    *,
    toy: Declaration,
    load: Callable[[ModelRef], Model],
) -> None:
    topics = Topics(toy.name)
    reload = Reload(toy, load, lambda _: None, lambda: None)
    place = Place(bootstrap, topics, instance or "scorer", milliseconds(toy.stream.lateness), toy.pane_ms)
    folder = Path(".leeway")  # of the working copy
    folder.mkdir(exist_ok=True)
    given = Dependencies(
        folder=folder,
        open_lane=partial(open_lane, place, stage=Stage(toy)),
        open_court=partial(open_court, bootstrap, toy, reload.counters),
        caught_up=lambda partition, next_: next_ >= kafka.bounds(bootstrap, topics.samples, partition)[1],
        reload=reload,
        watch=lambda standing: watchdog(bootstrap, topics.samples, topics.frames, standing).start(),
        instance=instance,
    )
    reload.start(bootstrap)
    app = build_app(bootstrap, toy, given)
    worker = faust.Worker(app, loglevel="WARNING", redirect_stdouts=False, quiet=True)
    worker.spinner = None  # it would write terminal codes into the log
    worker.execute_from_commandline()


if __name__ == "__main__":
    where, *more = sys.argv[1:]
    toy = declaration(*map(int, more[1:]))
    main(where, *more[:1], toy=toy, load=lambda ref: Logistic(ref, contract()))
