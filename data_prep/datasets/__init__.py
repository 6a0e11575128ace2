"""A file is a dataset."""
