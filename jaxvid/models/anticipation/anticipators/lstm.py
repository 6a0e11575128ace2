"""Rolling-unrolling LSTMs (Furnari and Farinella 2019): one encodes the past, the other predicts ahead from its state.

At each step the first LSTM takes in the features. The second continues from its state for as many steps as lie between
the observation and the action, with the present features as input each time. RULSTM's attention between
modalities and its pre-training on sequence completion are not here.
"""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Bool, Float

from jaxvid.array_types import Array, Features, Labels, Mask
from jaxvid.models.anticipation.anticipator import Anticipator, State, choose
from jaxvid.models.anticipation.outputs import AnticipationOutputs

TINY = dict(width=8, num_unrolled=2)  # For tests.


class Model(Anticipator):
  """Rolling-unrolling LSTMs.

  Attributes, beside those of Anticipator:
    num_unrolled: steps of the second LSTM, which are the anticipation time; 0 leaves it out.
  """

  num_unrolled: int = 4

  def setup(self) -> None:
    super().setup()
    self.rolling = nn.OptimizedLSTMCell(self.width, dtype=self.dtype)
    if self.num_unrolled:
      self.unrolling = nn.OptimizedLSTMCell(self.width, dtype=self.dtype)

  def __call__(
    self, features: Features, mask: Mask, labels: Labels | None = None, train: bool = False
  ) -> AnticipationOutputs:
    """See Anticipator."""
    x = self.embed_features(features, mask, train)
    state = self.init_state(len(x))
    if self.is_initializing():
      state, _ = self.roll(state, x[:, 0], mask[:, 0])
      states = tuple(jnp.broadcast_to(part[:, None], x.shape) for part in state)
    else:
      states = self.scan_over_time("roll", state, x, mask)[1]
    return self._unroll(states, x, train)

  def init_state(self, num_streams: int) -> State:
    """See Anticipator."""
    return tuple(jnp.zeros((num_streams, self.width), self.dtype) for _ in range(2))

  def step(
    self, state: State, feature: Float[Array, "B C"], valid: Bool[Array, "B"]
  ) -> tuple[State, AnticipationOutputs]:
    """See Anticipator."""
    x = self.embed_features(feature, valid, False)
    state, _ = self.roll(state, x, valid)
    return state, self._unroll(state, x, False)

  def roll(self, state: State, x: Float[Array, "B D"], valid: Bool[Array, "B"]) -> tuple[State, State]:
    """One step of the first LSTM: (state, state), the second one for the scan to collect."""
    state = choose(valid, self.rolling(state, x)[0], state)
    return state, state

  def _unroll(self, state: State, x: Array, train: bool) -> AnticipationOutputs:
    hidden = state[1]  # (cell, hidden)
    for _ in range(self.num_unrolled):
      state, hidden = self.unrolling(state, x)
    return AnticipationOutputs(self.classify(hidden, train), hidden)
