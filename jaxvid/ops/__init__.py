"""Array functions in JAX: no Flax, no config."""
