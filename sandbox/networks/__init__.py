"""Five networks over HTTP that behave like the real ones: their shapes, errors, limits and length rules."""
