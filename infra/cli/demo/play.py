"""Replays the year and shows it, until its end is scored, labelled and judged and no retrain is in flight."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live

from infra.cli import words
from infra.cli.demo import plan, view
from infra.cli.demo.ending import Ending
from infra.cli.demo.moment import Moment
from infra.cli.demo.plan import Options
from infra.cli.demo.show import Show
from infra.embedded.process import Command, leashed, tail
from infra.settings import Settings
from schemas.errors import LeewayError, Unavailable

TICK_S = 0.3
LINE_S = 5.0
"""A line so often where there is no terminal."""
STALL_S = 180.0
"""Nothing scored, decided or held for so long: something is stuck."""
END_S = 240.0
"""So long after the last flight everything must be over."""


@contextmanager
def sending(options: Options, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The replay as a process, which ends with us."""
    argv = leashed(Command(argv=plan.replay(options)))
    with options.replay_log.open("wb") as log:
        process = subprocess.Popen(
            argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(slots=True)
class Screen:
    """The live view on a terminal, or lines elsewhere."""

    console: Console
    live: Live | None
    _said: float = 0.0
    _told: int = 0

    def show(self, moment: Moment) -> None:
        """Shows it now, or not yet where lines are written."""
        if self.live is not None:
            self.live.update(view.draw(moment), refresh=True)
        elif time.monotonic() - self._said >= LINE_S:
            self.console.print(view.line(moment), highlight=False, soft_wrap=True, markup=False)
            self._said = time.monotonic()
        self._tell(moment)

    def _tell(self, moment: Moment) -> None:
        """Without a live view, each new decision is a line of its own."""
        if self.live is not None:
            return
        for one in moment.decisions[self._told :]:
            text = f"         {words.day(one.event_time)}  {one.step}: {one.reason}"
            self.console.print(text, highlight=False, soft_wrap=True, markup=False)
        self._told = len(moment.decisions)


@contextmanager
def screen(options: Options, console: Console) -> Iterator[Screen]:
    """The live view, where there is a terminal and --plain was not given."""
    if options.plain or not console.is_terminal:
        yield Screen(console, None)
        return
    with Live(console=console, auto_refresh=False, screen=False, vertical_overflow="crop") as live:
        yield Screen(console, live)


def play(show: Show, settings: Settings, screen: Screen, environment: dict[str, str]) -> None:
    """The whole year, to its very end.

    Raises:
        LeewayError: the replay failed, nothing moves any more, or the end is not reached in time.
    """
    with sending(show.options, environment) as replay:
        stall = Stall(time.monotonic())
        while replay.poll() is None:
            moment = show.moment()
            stall.see(moment, time.monotonic())
            screen.show(moment)
            time.sleep(TICK_S)
        if replay.returncode != 0:
            log = show.options.replay_log
            raise LeewayError(f"The replay failed (exit {replay.returncode}); its log {log} ends with:\n{tail(log)}")
    finish(show, Ending(settings, show.declaration.name), screen)


def finish(show: Show, ending: Ending, screen: Screen) -> None:
    """Waits until all is over.

    Raises:
        LeewayError: it is not in time.
    """
    deadline = time.monotonic() + END_S
    while waiting := asked(ending):
        show.phase = f"All flights are sent; waiting for: {waiting}"
        screen.show(show.moment())
        if time.monotonic() > deadline:
            raise LeewayError(
                f"{END_S:.0f} s after the last flight the demo is not over: {waiting}. Logs: {show.options.home}/logs"
            )
        time.sleep(TICK_S)
    show.phase = "All flights are scored, labelled and judged."
    screen.show(show.moment())


def asked(ending: Ending) -> str:
    """What is waited for; a server that is away just now is one of these things."""
    try:
        return ending.open(time.monotonic())
    except Unavailable as error:
        return str(error)


@dataclass(slots=True)
class Stall:
    """Notices that nothing moves any more; `since` is monotonic."""

    since: float
    _seen: tuple[int, int, int] = (0, 0, 0)

    def see(self, moment: Moment, now: float) -> None:
        """Takes the next moment.

        Raises:
            LeewayError: nothing has moved for too long.
        """
        seen = (moment.account.received, moment.account.scored, len(moment.decisions))
        if seen != self._seen:
            self._seen, self.since = seen, now
        elif now - self.since > STALL_S:
            why = f"retrain {moment.hold.retrain} is in flight" if moment.hold else "no retrain is in flight"
            raise LeewayError(
                f"Nothing has been sent, scored or decided for {STALL_S:.0f} s; {why}. See `leeway status`"
            )
