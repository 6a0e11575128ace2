"""From datasets on disk to batches. A file is a type of config.data: `Data`."""

NOUN, ENTRY = "data", "Data"  # For jaxvid.build.
