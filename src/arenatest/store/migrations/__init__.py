"""The steps from one version of the tables to the next; Alembic loads them from their files."""
