"""What may happen to a stream: each is played with every single step disturbed."""

from support.stepwise import Play, asks, drift

BETTER, WORSE = (lambda version: 1 / version), (lambda version: 1.0 * version)
PLAYS = {
    play.name: play
    for play in (
        Play("shadow, promotion, watch", 40, BETTER, {20: drift(1)}, shadow="20d"),
        Play("shadow, rejection", 21, WORSE, {20: drift(1)}, shadow="20d"),
        Play("promotion, rollback", 21, WORSE, {20: drift(1)}),
        Play("a person forces, then goes back", 20, BETTER, {
            12: drift(1), 14: asks(1, "rollback"), 16: asks(2, "promote", 2, force=True), 18: asks(3, "rollback"),
        }),
        Play("frozen, thawed, asked for", 20, BETTER, {
            11: asks(1, "freeze"), 12: drift(1), 14: asks(2, "retrain"), 15: asks(3, "thaw"), 16: asks(4, "retrain"),
        }),
    )
}  # fmt: skip
