"""The registry of localization heads: each file defines a `Model`, and outputs with their decoding and own losses."""

NOUN, ENTRY = "head", "Model"  # For jaxvid.build.
