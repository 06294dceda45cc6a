"""What reads the stream: warehouse, evaluator, retrainer."""
