"""A file is a backbone of feature sequences: `Model`."""

NOUN, ENTRY = "backbone", "Model"  # For jaxvid.build.
