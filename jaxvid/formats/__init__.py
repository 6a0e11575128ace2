"""Files that other tools write, read, and written where we write them: a file a format."""
