"""A file is a neck: `Model`."""
