"""What comes next, from the features of the past: one file a type, see jaxvid.models.anticipator."""
