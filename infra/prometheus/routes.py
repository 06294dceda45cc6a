"""Alertmanager's configuration from settings: a page goes to a webhook and by mail, a ticket by mail."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

import yaml

from schemas.errors import Refused

WEBHOOK, MAIL, SENDER = "LEEWAY_ALERT_WEBHOOK", "LEEWAY_ALERT_MAIL", "LEEWAY_ALERT_MAIL_FROM"
SERVER, USER, PASSWORD = "LEEWAY_ALERT_SMTP", "LEEWAY_ALERT_SMTP_USER", "LEEWAY_ALERT_SMTP_PASSWORD"
CAUSES = ("LeewayKafkaAway", "LeewayServerDown", "LeewayServiceDown")
EFFECTS = ("LeewayBacklog", "LeewayNotReady", "LeewayErrorLines", "LeewayLabelsLate")
"""While one of the causes fires for a stream these say nothing new."""


def routes(settings: Mapping[str, str]) -> str:
    """The configuration as YAML; it holds the password of the mail server, if there is one.

    Args:
        settings: WEBHOOK, a URL that gets Alertmanager's JSON; MAIL, addresses with commas between; SENDER and SERVER
            (`HOST:PORT`) with it; USER and PASSWORD where the server asks for them.

    Raises:
        Refused: there is neither of both, or one is not complete.
    """
    hooks, mails = _webhooks(settings.get(WEBHOOK, "")), _mails(settings)
    if not hooks | mails:
        raise Refused(f"Alerts would go nowhere: set {WEBHOOK} to a URL, or {MAIL}, {SENDER} and {SERVER}")
    page = {"name": "page", **hooks, **mails}
    ticket = {"name": "ticket", **deepcopy(mails or hooks)}
    content = {
        "route": {
            "receiver": "ticket",
            "group_by": ["alertname", "stream"],
            "group_wait": "10s",
            "group_interval": "1m",
            "repeat_interval": "12h",
            "routes": [{"receiver": "page", "matchers": ['severity="page"'], "repeat_interval": "1h"}],
        },
        "receivers": [page, ticket],
        "inhibit_rules": [
            {
                "source_matchers": [f'alertname=~"{"|".join(CAUSES)}"'],
                "target_matchers": [f'alertname=~"{"|".join(EFFECTS)}"'],
                "equal": ["stream"],
            }
        ],
    }
    return yaml.safe_dump(content, sort_keys=False)


def _webhooks(url: str) -> dict[str, Any]:
    if not url:
        return {}
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Refused(f"{WEBHOOK} is no address: write http://HOST:PORT/PATH")
    return {"webhook_configs": [{"url": url, "send_resolved": True}]}


def _mails(settings: Mapping[str, str]) -> dict[str, Any]:
    if not settings.get(MAIL):
        return {}
    missing = [name for name in (SENDER, SERVER) if not settings.get(name)]
    if missing:
        raise Refused(f"{MAIL} is set, and {missing[0]} is not: mail needs a sender and a server (HOST:PORT)")
    mail = {"to": settings[MAIL], "from": settings[SENDER], "smarthost": settings[SERVER], "send_resolved": True}
    if settings.get(USER):
        mail |= {"auth_username": settings[USER], "auth_password": settings.get(PASSWORD, "")}
    return {"email_configs": [mail]}
