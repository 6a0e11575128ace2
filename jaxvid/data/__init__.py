"""Datasets on disk, transforms of features and clips, and pipelines to batches; NumPy and grain only."""
