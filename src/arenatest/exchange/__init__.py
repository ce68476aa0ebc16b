"""Runs that leave the store for other programs, and runs that come in from them."""
