"""The care team's web pages, on this machine alone."""
