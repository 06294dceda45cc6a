"""Grafana: `build` makes the boards (by a library of development only), `boards` holds their JSON, `sync` sends it."""
