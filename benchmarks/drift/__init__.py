"""`make bench-drift`: what D and PSI of every tumbling window cost, here and in other hands."""
