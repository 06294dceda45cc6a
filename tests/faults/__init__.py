"""The fault campaign: random, overlapping faults by a seed against the real processes, then every record is counted."""
