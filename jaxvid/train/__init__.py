"""Training: state, optimizer, update, sharding, checkpoints, log and loop."""
