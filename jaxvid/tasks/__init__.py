"""A file is a task: `Task`, what a batch means (inputs, loss, predictions), and `Model`, its section config.model."""

NOUN, ENTRY = "task", "Task"  # For jaxvid.build.
