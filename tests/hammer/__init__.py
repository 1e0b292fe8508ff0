"""Several real processes on one PostgreSQL and one Valkey, hammered at once: what they share is shared by all."""
