"""Outputs of an anticipation network, by name."""

import flax.struct
from jaxtyping import Float

from jaxvid.array_types import Array


@flax.struct.dataclass
class AnticipationOutputs:
  """Outputs at each step of observation windows, or at one step of each stream (then without the axis T).

  Attributes:
    logits: (B, T, K) of the actions, float32.
    hidden: (B, T, D), the input of the classifiers.
    verb_logits, noun_logits: (B, T, V) and (B, T, N), float32, of networks with verb and noun heads.
    attention: weights: over a window (B, H, T, T), of step t on step j; of a stream (B, H, S), on the step of age
      s + 1. None for models without attention.
    gate: (B, T, D) in [0, 1], the share of the past in each dimension (Action-Guided Attention).
    query: (B, T, K), the moving average of past predictions that queries are made of (Action-Guided Attention).
    fed_back: (B, T, K), the predictions as they enter the queue (Action-Guided Attention).
  """

  logits: Float[Array, "B *T K"]
  hidden: Float[Array, "B ... D"]
  verb_logits: Float[Array, "B *T V"] | None = None
  noun_logits: Float[Array, "B *T N"] | None = None
  attention: Array | None = None
  gate: Float[Array, "B ... D"] | None = None
  query: Float[Array, "B *T K"] | None = None
  fed_back: Float[Array, "B *T K"] | None = None
