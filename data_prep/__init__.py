"""Datasets as others publish them, made into ArrayRecord shards: one builder a dataset."""
