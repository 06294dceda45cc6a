"""Prometheus' own files: what is scraped, what is recorded, what alerts; `place` puts them where they are needed."""
