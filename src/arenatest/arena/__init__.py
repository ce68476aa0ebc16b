"""The engine: it buys what the selected gates need, judges it, and records all of it."""
