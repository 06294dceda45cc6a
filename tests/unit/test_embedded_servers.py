"""What the embedded servers are told, and what their probes say."""

import importlib.util
import runpy
import socket
import uuid
from pathlib import Path

import msgspec
import pytest

from infra.cli.kafka import complete, kafka_command, running_kafka
from infra.embedded import kafka, mlflow
from infra.embedded.home import Home, claim
from infra.embedded.kafka import KafkaServer
from infra.embedded.mlflow import MlflowServer
from infra.embedded.plan import Endpoints, ExternalServers, Plan, read, write
from infra.embedded.postgres import PostgresServer
from infra.embedded.prepare import Wish, make_plan
from schemas.errors import Refused, Unavailable
from schemas.topics import LARGE

WISH = Wish(
    workers=(), setup=(), external=ExternalServers(), kafka_port=0, mlflow_port=0, kafka_heap="512m", jars="/jars"
)


def mlflow_constants() -> dict[str, str]:
    """The names that MLflow's web server reads, without importing MLflow, which takes seconds."""
    spec = importlib.util.find_spec("mlflow")
    assert spec is not None
    assert spec.origin is not None
    found: dict[str, str] = runpy.run_path(str(Path(spec.origin).parent / "server" / "constants.py"))
    return found


def broker(folder: Path) -> KafkaServer:
    return KafkaServer(folder=str(folder), jars="/jars", port=1, controller=2, heap="512m")


def test_the_broker_listens_on_loopback_alone_and_takes_our_largest_message(tmp_path: Path) -> None:
    lines = [line for line in broker(tmp_path).config().splitlines() if "=" in line and not line.startswith("#")]
    config = dict(line.split("=", 1) for line in lines)

    assert config["listeners"] == "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert config["auto.create.topics.enable"] == "false"
    assert int(config["message.max.bytes"]) > LARGE


def test_a_cluster_id_is_as_kafka_writes_it() -> None:
    assert len(kafka.cluster_id(uuid.UUID(int=2**128 - 1))) == 22
    assert kafka.cluster_id(uuid.UUID(int=2**128 - 1)).startswith("A")


def test_the_settings_of_mlflow_are_spelled_as_its_server_reads_them(tmp_path: Path) -> None:
    environment = MlflowServer(folder=str(tmp_path), port=1).environment()
    names = mlflow_constants()

    assert environment[names["BACKEND_STORE_URI_ENV_VAR"]] == f"sqlite:///{tmp_path}/mlflow.db"
    assert environment[names["REGISTRY_STORE_URI_ENV_VAR"]] == f"sqlite:///{tmp_path}/mlflow.db"
    assert environment[names["ARTIFACTS_DESTINATION_ENV_VAR"]] == (tmp_path / "artifacts").as_uri()
    assert environment[names["ARTIFACT_ROOT_ENV_VAR"]] == "mlflow-artifacts:/"
    assert environment[names["SERVE_ARTIFACTS_ENV_VAR"]] == "true"


def test_postgres_listens_on_no_network() -> None:
    command = PostgresServer(folder="/tmp/leeway", sockets="/tmp/leeway/run").command()  # noqa: S108 - only a name

    assert "listen_addresses=" in command.argv


def test_a_socket_path_that_is_too_long_goes_to_a_private_folder(tmp_path: Path) -> None:
    plan = make_plan(claim(tmp_path / ("x" * 120)), WISH, None)

    sockets = next(Path(server.sockets) for server in plan.servers if isinstance(server, PostgresServer))
    assert len(str(sockets)) < 60
    assert sockets.stat().st_mode & 0o777 == 0o700
    sockets.rmdir()


def test_the_same_wish_gives_the_plan_that_runs() -> None:
    home = Home(Path("/home"))
    plan = make_plan(home, WISH, None)

    assert make_plan(home, WISH, plan, is_running=True) == plan


@pytest.mark.parametrize("heap", ["", "512", "lots", "64m", "512m -Dx=y"])
def test_a_heap_that_java_would_not_take_is_refused(heap: str) -> None:
    with pytest.raises(Refused, match=r"--kafka-heap .* at least 128m, as in 512m or 2g"):
        make_plan(Home(Path("/home")), msgspec.structs.replace(WISH, kafka_heap=heap), None)


def test_external_servers_are_not_started() -> None:
    given = ExternalServers(kafka="kafka:9092", postgres="postgresql://db/leeway", mlflow="http://mlflow:5000")
    wish = Wish(workers=(), setup=(), external=given, kafka_port=0, mlflow_port=0, kafka_heap="512m", jars="/jars")

    plan = make_plan(Home(Path("/home")), wish, None)

    assert plan.servers == ()
    assert plan.endpoints == Endpoints(
        kafka="kafka:9092", postgres="postgresql://db/leeway", mlflow="http://mlflow:5000"
    )


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    plan = make_plan(Home(tmp_path), WISH, None)
    write(tmp_path / "plan.json", plan)

    assert read(tmp_path / "plan.json", Plan) == plan


def test_nobody_there_is_said_with_the_address() -> None:
    with socket.socket() as quiet:
        quiet.bind(("127.0.0.1", 0))
        port = quiet.getsockname()[1]

        with pytest.raises(Unavailable, match=rf"Kafka at 127\.0\.0\.1:{port} does not answer"):
            kafka.probe(f"127.0.0.1:{port}")
        with pytest.raises(Unavailable, match=rf"MLflow at http://127\.0\.0\.1:{port} does not answer"):
            mlflow.probe(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("bootstrap", "expected"), [("a:1", ("a", 1)), ("a.b:92,c:3", ("a.b", 92)), ("[::1]:9", ("::1", 9))]
)
def test_first_address(bootstrap: str, expected: tuple[str, int]) -> None:
    assert kafka.first_address(bootstrap) == expected


@pytest.mark.parametrize("bootstrap", ["", "kafka", "kafka:", ":9092", "kafka:port"])
def test_an_address_without_host_or_port_is_refused(bootstrap: str) -> None:
    with pytest.raises(Refused, match="is not host:port"):
        kafka.first_address(bootstrap)


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        ("topics", ["--list"], ["--bootstrap-server", "k:1", "--list"]),
        ("topics", ["--bootstrap-server", "o:2", "--list"], ["--bootstrap-server", "o:2", "--list"]),
        ("configs", ["--bootstrap-controller=o:2"], ["--bootstrap-controller=o:2"]),
        ("topics", ["--help"], ["--help"]),
        (
            "console-consumer",
            ["--topic", "t"],
            ["--bootstrap-server", "k:1", "--isolation-level", "read_committed", "--topic", "t"],
        ),
        (
            "console-consumer",
            ["--isolation-level=read_uncommitted"],
            ["--bootstrap-server", "k:1", "--isolation-level=read_uncommitted"],
        ),
    ],
)
def test_only_what_a_person_left_out_is_filled_in(tool: str, given: list[str], expected: list[str]) -> None:
    assert complete(tool, given, lambda: "k:1") == expected


def test_an_unknown_tool_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no Kafka tool 'consol': choose one of console-producer"):
        kafka_command("consol", [], home=tmp_path)


def test_a_home_where_nothing_runs_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="run `leeway up`"):
        running_kafka(tmp_path)
