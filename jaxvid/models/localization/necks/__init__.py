"""The registry of necks: each file defines a `Model`."""

NOUN, ENTRY = "neck", "Model"  # For jaxvid.build.
