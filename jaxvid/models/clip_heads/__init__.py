"""A file is a head that classifies clips: `Model`."""
