"""Evaluators: each predicts a split and scores the predictions. One file an evaluator, its class named `Evaluator`."""

NOUN, ENTRY = "evaluator", "Evaluator"  # For jaxvid.build.
