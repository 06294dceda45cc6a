"""How many labelled samples were known at an event time."""

from datetime import UTC, datetime

import psycopg

from infra.postgres import unavailable
from infra.postgres.connection import Connection

_QUERY = """
SELECT count(*) FROM predictions scored WHERE stream = %(stream)s AND ts < %(as_of)s AND EXISTS (
    SELECT FROM labels WHERE labels.stream = scored.stream AND labels.id = scored.id AND labels.ts <= %(as_of)s
)"""


def labelled(connection: Connection, stream: str, as_of: int) -> int:
    """Samples before `as_of` (epoch ms) whose label was known then.

    Raises:
        Unavailable: PostgreSQL went away.
    """
    moment = datetime.fromtimestamp(as_of / 1000, UTC)
    try:
        found = connection.execute(_QUERY, {"stream": stream, "as_of": moment}).fetchone()
    except psycopg.Error as error:
        raise unavailable(error) from error
    return int(str(found[0])) if found else 0
