"""Where pytest and the arena meet: suites become test items, and items wait for decisions."""
