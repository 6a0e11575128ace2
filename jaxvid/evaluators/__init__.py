"""Run a task's predictions over a split and score them. A file is an evaluator: `Evaluator`."""

NOUN, ENTRY = "evaluator", "Evaluator"  # For jaxvid.build.
