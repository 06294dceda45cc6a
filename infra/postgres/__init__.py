"""PostgreSQL by psycopg: connections that wait for the server, and the schema by forward-only migrations."""

from infra.postgres.connection import connect, unavailable
from infra.postgres.migration import migrate

__all__ = ["connect", "migrate", "unavailable"]
