"""Why calls are slow or unsteady, read from what was recorded of them."""
