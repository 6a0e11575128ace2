"""A file is a backbone of clips: `Model`, and `NORMALIZATION`, how its public weights want their input (see
jaxvid.models.recognition.normalization).
"""

NOUN, ENTRY = "clip backbone", "Model"  # For jaxvid.build.
