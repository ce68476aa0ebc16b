"""What was accepted, and what has changed since: lock files, drift, flipped prompts, promotion."""
