"""Readers and writers for the file formats of other tools: a file a format."""
