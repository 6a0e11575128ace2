"""The registry of tasks.

Each file defines a `Task`, which knows what a batch means (inputs, loss, predictions); a `Model`, the section
config.model; and the names of the modules that run such models on files and import their public weights. See `TaskFile`
in base.py.
"""

NOUN, ENTRY = "task", "Task"  # For jaxvid.build.
