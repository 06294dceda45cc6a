"""topics of a stream -> PostgreSQL: batched, in one transaction with the positions reached, safe to repeat."""
