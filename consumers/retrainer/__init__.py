"""Answers drift: decides, trains, proves, registers, promotes; every step is a decision in Kafka."""
