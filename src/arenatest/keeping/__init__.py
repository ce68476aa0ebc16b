"""Keeping a store: whether it still says what was written, and what may go."""
