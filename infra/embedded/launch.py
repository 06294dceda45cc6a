"""`up`, `down` and `state`: the Python API of the embedded servers."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from infra.embedded import jars, kafka, mlflow, postgres, process, stopping
from infra.embedded.home import Home, claim, erase, locked, require_room
from infra.embedded.plan import Endpoints, ExternalServers, Plan, Report, State, Worker, read, write
from infra.embedded.prepare import Wish, make_plan
from infra.embedded.rotation import Rotation
from schemas.errors import Refused, Unavailable

NOWHERE = ExternalServers()


def up(
    home: Path,
    *,
    workers: Sequence[Worker] = (),
    setup: Sequence[Worker] = (),
    external: ExternalServers = NOWHERE,
    kafka_port: int = 9092,
    mlflow_port: int = 5000,
    kafka_heap: str = "512m",
    jars_folder: Path | None = None,
    fresh: bool = False,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Endpoints:
    """Start Kafka, PostgreSQL and MLflow under `home`, run `setup`, start `workers`; all go on without us.

    Args:
        home: folder for data, logs and state; made if it is not there.
        workers: processes that are kept alive. An exit with code 2 (wrong input) is final.
        setup: commands run once after the servers are ready, one after the other, at every `up`.
        external: servers that run elsewhere; they are asked, not started.
        kafka_port: Kafka's port on loopback; 0 = that of the last start, or a free one.
        mlflow_port: the same for MLflow.
        kafka_heap: Kafka's largest Java heap, as Java writes it.
        jars_folder: where Kafka's jars are kept; None = the user's cache.
        fresh: stop what runs in `home` and delete its data first.
        on_progress: gets one sentence at a time.

    Returns:
        Where the servers answer. If the same plan runs already, nothing is done.

    Raises:
        Refused: a port is taken, the disk is full, `home` is not ours, another plan runs, or a setup command refused.
        Unavailable: jars could not be fetched, or a server or setup command failed; nothing is left running.
    """
    place = claim(home)
    wish = Wish(
        workers=tuple(workers),
        setup=tuple(setup),
        external=external,
        kafka_port=kafka_port,
        mlflow_port=mlflow_port,
        kafka_heap=kafka_heap,
        jars=str(jars_folder or jars.cache()),
    )
    with locked(place.root, on_progress):
        if fresh:
            stopping.stop(place, on_progress)
            erase(place)
            claim(home)
        running = _running_plan(place)
        return _start(place, wish, on_progress) if running is None else _same(place, wish, running, on_progress)


def down(home: Path, on_progress: Callable[[str], None] = lambda _: None) -> bool:
    """Stop everything that runs in `home`; whether there was anything."""
    place = Home(home.absolute())
    if not place.state.exists():
        return False
    with locked(place.root, on_progress):
        return stopping.stop(place, on_progress)


def state(home: Path) -> State | None:
    """What the processes of `home` do now; None if its supervisor does not run."""
    return stopping.state(Home(home.absolute()))


def _running_plan(place: Home) -> Plan | None:
    return read(place.plan, Plan) if state(place.root) is not None else None


def _same(place: Home, wish: Wish, running: Plan, on_progress: Callable[[str], None]) -> Endpoints:
    if make_plan(place, wish, running, is_running=True) != running:
        raise Refused(
            f"Leeway already runs in {place.root} with other servers, ports or workers: run `leeway down` first"
        )
    on_progress(f"Leeway already runs in {place.root}: nothing was started")
    return running.endpoints


def _start(place: Home, wish: Wish, on_progress: Callable[[str], None]) -> Endpoints:
    stopping.stop(place, on_progress)  # what a killed supervisor may have left
    require_room(place)
    _probe(wish.external)
    if wish.external.kafka is None:
        jars.ensure(Path(wish.jars), on_progress)
    plan = make_plan(place, wish, read(place.plan, Plan))
    write(place.plan, plan)
    _follow(place, on_progress)
    return plan.endpoints


def _probe(external: ExternalServers) -> None:
    probes = {"kafka": kafka.probe, "postgres": postgres.probe, "mlflow": mlflow.probe}
    for name, address in msgspec.structs.asdict(external).items():
        if address is not None:
            probes[name](address)


def _follow(place: Home, on_progress: Callable[[str], None]) -> None:
    """Start the supervisor and read its reports; whatever keeps us from the last one brings all down again."""
    argv = [sys.executable, "-m", "infra.embedded.supervisor", "--home", str(place.root), "--plan", str(place.plan)]
    log = place.log("supervisor")
    Rotation(log).look()
    with (
        log.open("ab") as errors,
        subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        ) as starter,
    ):
        if starter.stdout is None:
            raise Unavailable("The supervisor has no standard output")
        pid = 0
        try:
            pid = int(starter.stdout.readline() or 0)
            _wait_ready(_reports(starter.stdout), on_progress, log)
        except BaseException:
            pid = pid or int(starter.stdout.readline() or 0)
            process.end(pid, process.started(pid), stopping.STOP_S)
            raise


def _reports(lines: IO[bytes]) -> Iterator[Report]:
    return (msgspec.json.decode(line, type=Report) for line in lines)


def _wait_ready(reports: Iterator[Report], on_progress: Callable[[str], None], log: Path) -> None:
    for report in reports:
        if report.ready:
            return
        if report.failed:
            raise (Refused if report.refused else Unavailable)(report.failed)
        on_progress(report.progress)
    raise Unavailable(f"The supervisor ended without a word; its log {log} ends with:\n{process.tail(log)}")
