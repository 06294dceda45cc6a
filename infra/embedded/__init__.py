"""Kafka, PostgreSQL and MLflow on this machine without Docker or Java, and the supervisor of our processes."""

from infra.embedded.launch import down, state, up
from infra.embedded.plan import Endpoints, ExternalServers, ProcessState, State, Worker

__all__ = ["Endpoints", "ExternalServers", "ProcessState", "State", "Worker", "down", "state", "up"]
