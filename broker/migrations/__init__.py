"""The registry's history: Alembic migrations, run at start (broker/database.py)."""
