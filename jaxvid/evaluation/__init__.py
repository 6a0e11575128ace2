"""Shared by evaluators: predictions over a split, the gathering of them, averages of runs, diagnosis."""
