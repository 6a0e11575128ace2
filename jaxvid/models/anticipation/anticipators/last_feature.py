"""A baseline that knows no past: an MLP of the present step's features."""

import flax.linen as nn

from jaxvid.models.anticipation.anticipator import Anticipator
from jaxvid.models.anticipation.outputs import AnticipationOutputs


class Model(Anticipator):
  """Attributes, beside those of Anticipator:

  num_layers: hidden layers.
  """

  num_layers: int = 1

  def setup(self):
    super().setup()
    self.layers = [nn.Dense(self.width, dtype=self.dtype) for _ in range(self.num_layers)]

  def __call__(self, features, mask, labels=None, train=False) -> AnticipationOutputs:
    """See Anticipator."""
    x = self.embedded(features, mask, train)
    for layer in self.layers:
      x = nn.relu(layer(x))
    return AnticipationOutputs(self.classified(x, train), x)

  def init_state(self, num_streams):
    """See Anticipator."""
    return ()

  def step(self, state, feature, valid):
    """See Anticipator."""
    return state, self(feature, valid)
