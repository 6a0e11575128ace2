"""The numbers that describe a dataset."""
