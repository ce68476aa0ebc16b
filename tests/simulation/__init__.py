"""Worlds whose truth is known, to measure how often gates and other methods are wrong in them."""
