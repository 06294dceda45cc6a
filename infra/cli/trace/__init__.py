"""`leeway trace ID`: one sample, from its bytes in `samples` to the decision that made its version serve."""
