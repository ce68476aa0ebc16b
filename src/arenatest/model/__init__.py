"""Frozen values, one idea a module: what flows from the suite to the report."""
