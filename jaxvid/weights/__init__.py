"""Weights that others published, as ours: rules from their names to ours."""
