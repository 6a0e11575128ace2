"""Networks: backbone, neck, head."""
