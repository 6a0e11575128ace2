"""Localization: backbone of feature sequences, neck, head."""
