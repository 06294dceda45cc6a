"""The fuzz run: records made from one seed through the real framer and scorer, and where each of them ended."""
