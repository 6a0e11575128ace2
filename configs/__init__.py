"""One file a published row, plain values, each with a `:smoke` variant."""
