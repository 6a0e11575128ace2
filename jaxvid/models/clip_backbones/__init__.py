"""A file is a backbone of clips: `Model`, and `NORMALIZATION`, how its public weights want their input (see
jaxvid.models.normalization)."""
