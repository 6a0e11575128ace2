"""The registry of heads that classify clips: each file defines a `Model`."""

NOUN, ENTRY = "clip head", "Model"  # For jaxvid.build.
