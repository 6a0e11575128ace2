"""Readers: from a published dataset's files and flags to its recordings or clips."""
