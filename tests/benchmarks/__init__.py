"""How fast and how large: measured, never asserted."""
