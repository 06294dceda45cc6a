"""Each alert in a rehearsal of its fault, on a real stream that a real Prometheus watches: `make rehearse-alerts`."""
