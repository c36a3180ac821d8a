"""Networks on loopback that behave like the real ones."""
