"""State, optimizer, step, sharding, checkpoints, log and loop."""
