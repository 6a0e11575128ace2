"""Many trainings that differ in a little, and the table of their scores."""
