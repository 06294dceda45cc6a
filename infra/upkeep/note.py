"""What was thrown away, for whoever misses a row."""

from infra.postgres.connection import Connection
from schemas.duration import day


def purged(connection: Connection, stream: str) -> str:
    """A sentence on the rows of samples and labels that are gone by `leeway purge`; empty where none are."""
    if connection.execute("SELECT to_regclass('purges')").fetchone() == (None,):
        return ""  # of a database that this program has not migrated yet
    found = connection.execute(
        "SELECT table_name, (extract(epoch FROM max(before)) * 1000)::bigint FROM purges"
        " WHERE stream = %s AND table_name IN ('predictions', 'labels', 'rejected') GROUP BY 1 ORDER BY 1",
        (stream,),
    ).fetchall()
    told = ", ".join(f"{table} before {day(int(str(before)))}" for table, before in found)
    return f"`leeway purge` has thrown away rows of {told}" if told else ""
