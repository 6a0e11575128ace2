"""What evaluators share: predictions over a split, gathered, averaged, diagnosed."""
