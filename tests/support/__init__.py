"""Shared test code: a toy stream and its models, records, processes."""
