"""Pictures of predictions, scores and explanations; NumPy and matplotlib."""
