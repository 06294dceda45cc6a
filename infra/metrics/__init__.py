"""What Prometheus reads: `catalogue` has every name, `endpoint` tells them over HTTP, the others measure."""
