"""Pipelines from datasets on disk to batches. A file is a type of config.data: its `Data`, see `AnyData` in base.py."""

NOUN, ENTRY = "data", "Data"  # For jaxvid.build.
