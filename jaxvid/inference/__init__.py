"""Trained models on a user's own data: what `jaxvid.predict` and others' programs call."""
