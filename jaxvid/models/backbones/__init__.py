"""A file is a backbone: `Model`."""
