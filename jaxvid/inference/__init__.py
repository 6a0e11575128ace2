"""Inference with trained models on a user's own files: for `jaxvid predict`, `jaxvid extract` and other programs."""
