"""A file is an encoder of feature sequences: `Model`, (B, T, C) and mask (B, T) -> (B, T, width)."""

NOUN, ENTRY = "encoder", "Model"  # For jaxvid.build.
