"""NumPy and grain: sources, feature transforms, pipeline."""
