"""Brings answers, verdicts and votes that other programs paid for into the store."""
