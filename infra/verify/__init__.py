"""Recounts a stream offset by offset, from the topics and from PostgreSQL, and says where they do not agree."""
