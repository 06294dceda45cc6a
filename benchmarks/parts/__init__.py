"""The parts of `make bench`: each gives its figures, and under `missed` the goals that it did not meet."""
