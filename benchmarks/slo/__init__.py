"""`make slo`: how long a shift goes unnoticed, by real processes on real servers, over many shifts."""
