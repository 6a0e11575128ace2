"""How --shapes checks a call: an int is a float, as in the type system, and a plain Array may be NumPy's.

Functions of JAX take NumPy's arrays as they take their own; where an annotation gives a shape, it is JAX's alone.
"""

import beartype
import jax
import numpy as np

_CONF = beartype.BeartypeConf(
  is_pep484_tower=True, hint_overrides=beartype.FrozenDict({jax.Array: jax.Array | np.ndarray})
)
check = beartype.beartype(conf=_CONF)
