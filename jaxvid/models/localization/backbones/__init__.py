"""The registry of backbones of feature sequences: each file defines a `Model`."""

NOUN, ENTRY = "backbone", "Model"  # For jaxvid.build.
