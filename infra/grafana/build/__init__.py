"""`python -m infra.grafana.build` writes infra/grafana/boards/*.json; a test compares what is committed."""
