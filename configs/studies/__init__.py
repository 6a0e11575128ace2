"""One file a study: a table of a paper as a base configuration and rows of changes to it."""
