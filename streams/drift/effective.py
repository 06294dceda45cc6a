"""What samples are worth that come in clusters: the number of independent ones that tell as much."""

from schemas.reference import Alike, Rhythm, averaged


def worth(n: float, span_ms: float, rhythm: Rhythm | None, alike: Alike | None) -> float:
    """The effective size of n samples spread over `span_ms`; n itself where nothing is known.

    1 / worth = (1 - between) / n + between a(span) / a(block), where `a` is what the mean over a span keeps of the
    variance of a process of Ornstein and Uhlenbeck: the design effect of a cluster sample (Kish 1965), with clusters
    that go on.
    """
    if rhythm is None or alike is None or n <= 0:
        return n
    span = max(span_ms, rhythm.block_ms) / alike.lasting_ms
    kept = averaged(span) / averaged(rhythm.block_ms / alike.lasting_ms)
    return 1 / ((1 - alike.between) / n + alike.between * kept)
