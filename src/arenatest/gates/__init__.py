"""From a record and a rule to pass, fail or inconclusive: pure functions of what was recorded."""
