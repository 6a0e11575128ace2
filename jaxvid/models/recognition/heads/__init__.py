"""A file is a head that classifies clips: `Model`."""

NOUN, ENTRY = "clip head", "Model"  # For jaxvid.build.
