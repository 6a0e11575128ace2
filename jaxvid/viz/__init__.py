"""Pictures of what a model does; NumPy and matplotlib."""
