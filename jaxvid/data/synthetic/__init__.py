"""Made-up datasets, for first runs and tests."""
