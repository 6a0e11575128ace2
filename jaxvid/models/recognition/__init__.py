"""Recognition: backbone of clips, head."""
