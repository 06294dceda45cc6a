"""The outside world, one module a system: Kafka, PostgreSQL, MLflow, the embedded servers, the command line."""
