"""Puts together, a few times a second, the `Moment` that is shown."""

import time
from dataclasses import dataclass, field

from infra import embedded
from infra.cli.demo.measures import Lanes, Story, hold, promotions, retrains, story
from infra.cli.demo.memory import Memory
from infra.cli.demo.moment import Moment, milliseconds
from infra.cli.demo.plan import Options
from infra.embedded import ProcessState
from infra.settings import Settings
from schemas.declaration import Declaration
from schemas.errors import LeewayError, Unavailable
from schemas.messages import Models

STORY_S = 1.0
"""How often PostgreSQL is asked."""


@dataclass(slots=True)
class Show:
    """What stands behind the view; `began` is monotonic."""

    options: Options
    declaration: Declaration
    settings: Settings
    first: Models
    memory: Memory
    began: float
    lanes: Lanes
    phase: str = ""
    _story: Story = field(default_factory=Story)
    _asked: float = 0.0
    _trouble: str = ""

    def moment(self) -> Moment:
        """Everything as it is now.

        Raises:
            LeewayError: a process has given up for good.
        """
        self.lanes.update()
        self._read_story()
        options, told = self.options, self._story
        return Moment(
            elapsed_s=time.monotonic() - self.began,
            phase=self.phase,
            start=milliseconds(options.start),
            stop=milliseconds(options.stop),
            date=max(self.lanes.date, milliseconds(options.start)),
            speed=options.speed,
            rate=self.lanes.rate(time.monotonic()),
            account=self.lanes.balance.total,
            tolerance=self.declaration.drift.tolerance,
            shifts=told.shifts,
            losses=told.losses,
            decisions=told.decisions,
            promotions=promotions(told.decisions, self.first),
            hold=hold(told.decisions, time.time()),
            champion=told.champion,
            drift_events=told.drift_events,
            retrains=retrains(told.decisions, self.first),
            resident_mb=self.memory.now_mb,
            remarks=(*restarted(processes(self.options)), *([self._trouble] if self._trouble else [])),
        )

    def _read_story(self) -> None:
        """Asks the tables now and then; while PostgreSQL is away the last answer stands, and that is said."""
        if time.monotonic() - self._asked < STORY_S:
            return
        try:
            self._story = story(self.settings, self.declaration.name, self.first)
            self._trouble = ""
        except Unavailable as error:
            self._trouble = str(error)
        self._asked = time.monotonic()


def processes(options: Options) -> list[ProcessState]:
    """What the supervisor's processes do.

    Raises:
        LeewayError: one has given up for good, or the supervisor is gone.
    """
    state = embedded.state(options.home)
    if state is None:
        raise LeewayError(f"The demo's supervisor has ended; its log is {options.home / 'logs' / 'supervisor.log'}")
    for one in state.processes:
        if one.state == "failed":
            log = options.home / "logs" / f"{one.name}.log"
            raise LeewayError(f"{one.name} gave up, and the demo with it. Its log {log} ends with:\n{one.reason}")
    return state.processes


def restarted(found: list[ProcessState]) -> list[str]:
    """Which processes had to be started again."""
    return [f"{one.name} was restarted {one.restarts}x" for one in found if one.restarts]
