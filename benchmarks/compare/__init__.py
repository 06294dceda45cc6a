"""Leeway beside other ways to do the same work on the same Kafka: `make bench`."""
