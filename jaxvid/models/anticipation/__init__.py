"""Anticipation networks: an anticipator, which runs over observation windows and over streams."""
