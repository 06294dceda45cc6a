"""topics -> Prometheus: what spans processes. It only reads, so the stream goes on without it."""
