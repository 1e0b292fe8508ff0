"""The servers that `run.py up` brings along: PostgreSQL with pgvector, and Valkey."""
