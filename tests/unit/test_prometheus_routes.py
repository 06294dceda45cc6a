"""Where alerts go, from settings."""

import os
import stat
from pathlib import Path

import pytest
import yaml

from infra.prometheus import place
from infra.prometheus.routes import CAUSES, EFFECTS, MAIL, PASSWORD, SENDER, SERVER, USER, WEBHOOK, routes
from schemas.errors import Refused
from support.promql import rules

HOOK = {WEBHOOK: "http://127.0.0.1:8080/alerts"}
POST = {MAIL: "duty@example.org", SENDER: "leeway@example.org", SERVER: "mail.example.org:587"}


def receivers(settings: dict[str, str]) -> dict[str, set[str]]:
    found = yaml.safe_load(routes(settings))
    assert found["route"]["receiver"] == "ticket"
    assert found["route"]["routes"][0]["matchers"] == ['severity="page"']
    return {one["name"]: set(one) - {"name"} for one in found["receivers"]}


def test_a_page_goes_both_ways_and_a_ticket_by_mail() -> None:
    assert receivers(HOOK | POST) == {"page": {"webhook_configs", "email_configs"}, "ticket": {"email_configs"}}
    assert receivers(HOOK) == {"page": {"webhook_configs"}, "ticket": {"webhook_configs"}}
    assert receivers(POST) == {"page": {"email_configs"}, "ticket": {"email_configs"}}


def test_the_end_of_an_alert_is_told_too() -> None:
    for one in yaml.safe_load(routes(HOOK | POST))["receivers"]:
        for sent in (*one.get("webhook_configs", ()), *one.get("email_configs", ())):
            assert sent["send_resolved"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "Alerts would go nowhere"),
        ({WEBHOOK: "somewhere"}, "is no address"),
        ({MAIL: "duty@example.org"}, SENDER),
        ({MAIL: "duty@example.org", SENDER: "x@example.org"}, SERVER),
    ],
)
def test_what_is_not_complete_is_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        routes(settings)


def test_what_quietens_another_is_an_alert_that_there_is() -> None:
    assert {*CAUSES, *EFFECTS} <= {rule.get("alert") for rule in rules()}


def test_the_file_with_the_password_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "alertmanager"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    argv = place.alertmanager(tmp_path / "home", POST | {USER: "leeway", PASSWORD: "of-a-test"}, 9093)
    file = Path(argv[1].removeprefix("--config.file="))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "of-a-test" in file.read_text()
    assert not any("of-a-test" in word for word in argv)
    assert "--web.listen-address=127.0.0.1:9093" in argv
