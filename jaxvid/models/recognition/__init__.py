"""Recognition networks: normalisation, backbone of clips, head."""
