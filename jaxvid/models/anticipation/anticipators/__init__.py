"""The registry of anticipators: each file defines a `Model` (see jaxvid.models.anticipation.anticipator)."""

NOUN, ENTRY = "anticipator", "Model"  # For jaxvid.build.
