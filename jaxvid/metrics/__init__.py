"""Scores, in NumPy only."""
