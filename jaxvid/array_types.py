"""Types of arrays with their shapes: B batch, T time, C channels, H heads, D width of a head, N items."""

from jaxtyping import Array, Bool, Float, Int

Features = Float[Array, "B T C"]
Mask = Bool[Array, "B T"]  # True: a valid step; False: padding.
Heads = Float[Array, "B T H D"]
Segments = Float[Array, "*B N 2"]  # (start, end)
Labels = Int[Array, "*B N"]
Scores = Float[Array, "*B N"]
Valid = Bool[Array, "*B N"]

__all__ = ["Array", "Features", "Heads", "Labels", "Mask", "Scores", "Segments", "Valid"]
