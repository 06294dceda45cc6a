"""The figures of a run, and under `missed` whatever went wrong."""

from collections import Counter
from typing import Any

from fuzz.account import Account
from fuzz.run import Run
from schemas.reasons import Reason


def figures(run: Run, account: Account) -> dict[str, Any]:
    """What the lanes say of themselves, what the topics hold, and whether it is the same."""
    outcomes: Counter[str] = Counter()
    for (_, outcome), count in account.outcomes.items():
        outcomes[outcome] += count
    reasons = {reason.value: outcomes[reason] for reason in Reason if outcomes[reason]}
    held = {
        "received": run.sent,
        "scored": outcomes["scored"],
        "rejected": sum(reasons.values()),
        "duplicates": outcomes["duplicate"],
    }
    positions = run.positions()
    said = {name: sum(getattr(position, name) for position in positions) for name in held}
    missed = list(account.problems)
    if account.wrong:
        missed.append(f"{account.wrong} records ended wrong")
    if said != held:
        missed.append(f"the lanes count {said}, and the topics hold {held}")
    return {
        "sent": run.sent,
        **held,
        "late": int(account.found.late.sum()),
        "reasons": reasons,
        "kinds": _by_kind(account),
        "missed": missed,
    }


def _by_kind(account: Account) -> dict[str, dict[str, int]]:
    kinds: dict[str, dict[str, int]] = {}
    for (kind, outcome), count in sorted(account.outcomes.items()):
        kinds.setdefault(kind, {})[outcome] = count
    return kinds
