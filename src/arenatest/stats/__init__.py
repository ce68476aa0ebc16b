"""Pure mathematics of the gates: tests, intervals and sample sizes; numbers in, numbers out."""
