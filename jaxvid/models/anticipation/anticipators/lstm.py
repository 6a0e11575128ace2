"""Rolling-unrolling LSTMs (Furnari and Farinella 2019): one sums up the past, another looks ahead from there.

At each step the first LSTM takes in the features; the second goes on from its state for as many steps as lie between
the observation and the action, with the present features as its input each time. RULSTM's attention between
modalities and its pre-training on sequence completion are not here.
"""

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.models.anticipation.anticipator import Anticipator, choose
from jaxvid.models.anticipation.outputs import AnticipationOutputs


class Model(Anticipator):
  """Attributes, beside those of Anticipator:

  num_unrolled: steps that the second LSTM takes, the anticipation time in steps; 0 leaves it out.
  """

  num_unrolled: int = 4

  def setup(self):
    super().setup()
    self.rolling = nn.OptimizedLSTMCell(self.width, dtype=self.dtype)
    if self.num_unrolled:
      self.unrolling = nn.OptimizedLSTMCell(self.width, dtype=self.dtype)

  def __call__(self, features, mask, labels=None, train=False) -> AnticipationOutputs:
    """See Anticipator."""
    x = self.embedded(features, mask, train)
    state = self.init_state(len(x))
    if self.is_initializing():
      state, _ = self.roll(state, x[:, 0], mask[:, 0])
      states = tuple(jnp.broadcast_to(part[:, None], x.shape) for part in state)
    else:
      states = self.over_time("roll", state, x, mask)[1]
    return self._unrolled(states, x, train)

  def init_state(self, num_streams):
    """See Anticipator."""
    return tuple(jnp.zeros((num_streams, self.width), self.dtype) for _ in range(2))

  def step(self, state, feature, valid):
    """See Anticipator."""
    x = self.embedded(feature, valid, False)
    state, _ = self.roll(state, x, valid)
    return state, self._unrolled(state, x, False)

  def roll(self, state, x, valid):
    """A step of the first LSTM: (state, state)."""
    state = choose(valid, self.rolling(state, x)[0], state)
    return state, state

  def _unrolled(self, state, x, train):
    hidden = state[1]  # (cell, hidden)
    for _ in range(self.num_unrolled):
      state, hidden = self.unrolling(state, x)
    return AnticipationOutputs(self.classified(hidden, train), hidden)
