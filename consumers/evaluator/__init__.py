"""predictions + labels -> performance, and labels that fit nothing -> rejected."""
