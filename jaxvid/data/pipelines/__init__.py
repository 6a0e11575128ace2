"""From datasets on disk to batches: a file here is a type of config.data."""
