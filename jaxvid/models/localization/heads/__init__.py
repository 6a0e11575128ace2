"""A file is a head: `Model`, the outputs it extends LocalizationOutputs by, their decoding, and losses of its own."""

NOUN, ENTRY = "head", "Model"  # For jaxvid.build.
