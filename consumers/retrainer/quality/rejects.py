"""How many records of `samples` were rejected, by pane: a producer that breaks the schema is seen there alone."""

import psycopg

from infra.postgres import unavailable
from infra.postgres.connection import Connection
from schemas.declaration import Declaration
from schemas.topics import Topics


def by_pane(connection: Connection, declaration: Declaration, since: int) -> dict[int, int]:
    """From `since` on, epoch ms; by number of the pane since the epoch in which the record was received.

    Raises:
        Unavailable: PostgreSQL went away.
    """
    try:
        with connection.transaction():
            found = connection.execute(
                "SELECT floor(extract(epoch FROM at) * 1000 / %s)::bigint, count(*) FROM rejected"
                " WHERE stream = %s AND topic = %s AND at >= to_timestamp(%s / 1000.0) GROUP BY 1",
                (declaration.pane_ms, declaration.name, Topics(declaration.name).samples, since),
            ).fetchall()
    except psycopg.Error as error:
        raise unavailable(error) from error
    return {int(str(pane)): int(str(count)) for pane, count in found}
