"""A file is a task: `Task`, what a batch means (inputs, loss, predictions); `Model`, its section config.model; and the
names of the modules that run its models on files and know public weights of them. See `TaskFile` in base.py."""

NOUN, ENTRY = "task", "Task"  # For jaxvid.build.
