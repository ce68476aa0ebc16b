"""What answers carry that no honest one needs, read from their text alone."""
