"""Attention of a trained model read as dependencies between actions."""
