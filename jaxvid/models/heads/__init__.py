"""A file is a head: `Model`."""
