"""A file is an anticipator: `Model`, over windows and over streams (see jaxvid.models.anticipation.anticipator)."""

NOUN, ENTRY = "anticipator", "Model"  # For jaxvid.build.
