"""The registry of backbones of clips.

Each file defines a `Model`, and `NORMALIZATION`, the pixel normalisation of its public weights (see
jaxvid.models.recognition.normalization).
"""

NOUN, ENTRY = "clip backbone", "Model"  # For jaxvid.build.
