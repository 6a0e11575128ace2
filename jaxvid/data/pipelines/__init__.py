"""From datasets on disk to batches. A file is a type of config.data: `Data`, see `AnyData` in base.py."""

NOUN, ENTRY = "data", "Data"  # For jaxvid.build.
