"""What a batch means: inputs, loss, predictions. A file is a task: `Task`."""
