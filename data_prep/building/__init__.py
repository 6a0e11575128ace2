"""From published files to checked records."""
