"""Gather mentions into cases and bring each to its resolution."""
