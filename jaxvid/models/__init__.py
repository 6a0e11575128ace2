"""Networks, a folder a task: their parts and what they return."""
