"""A file is a neck: `Model`."""

NOUN, ENTRY = "neck", "Model"  # For jaxvid.build.
