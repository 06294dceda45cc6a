"""Prometheus' files beside a deployment."""

import os
from pathlib import Path

import pytest
import yaml

from infra.prometheus.place import command, place
from schemas.errors import Refused


def test_the_configuration_finds_rules_and_processes_from_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "s.framer-0.json").write_text("[]")
    written = place(tmp_path)
    configuration = yaml.safe_load(written.read_text())

    assert {path.name for glob in configuration["rule_files"] for path in written.parent.glob(glob)} == {
        "alerts.yml",
        "recording.yml",
    }
    [found] = [one for job in configuration["scrape_configs"] for one in job["file_sd_configs"]]
    assert [path.name for path in (written.parent / "..").glob(found["files"][0].removeprefix("../"))] == [
        "s.framer-0.json"
    ]
    assert all(job["honor_labels"] for job in configuration["scrape_configs"])


def test_prometheus_listens_on_this_machine_alone_and_keeps_its_data_with_the_deployment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "prometheus"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    argv = command(tmp_path / "home", 9090)

    assert argv[0] == str(program)
    assert "--web.listen-address=127.0.0.1:9090" in argv
    assert f"--storage.tsdb.path={tmp_path / 'home' / 'prometheus' / 'data'}" in argv


def test_without_prometheus_it_is_said_where_to_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Refused, match="apt install prometheus"):
        command(tmp_path, 9090)
