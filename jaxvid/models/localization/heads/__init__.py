"""A file is a head: `Model`."""

NOUN, ENTRY = "head", "Model"  # For jaxvid.build.
