"""Anticipation: anticipators, over windows and over streams."""
