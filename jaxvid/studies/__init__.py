"""Studies: trainings whose configurations differ in a few keys, and the table of their scores."""
