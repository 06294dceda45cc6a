"""Prometheus' own files: what is scraped, what is recorded, what alerts; `files` puts them where they are needed."""
