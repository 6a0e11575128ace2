"""A baseline without past: an MLP of the present step's features."""

import flax.linen as nn
from jaxtyping import Bool, Float

from jaxvid.array_types import Array, Features, Labels, Mask
from jaxvid.models.anticipation.anticipator import Anticipator, State
from jaxvid.models.anticipation.outputs import AnticipationOutputs

TINY = dict(width=8)  # For tests.


class Model(Anticipator):
  """An MLP of the present features.

  Attributes, beside those of Anticipator:
    num_layers: hidden layers.
  """

  num_layers: int = 1

  def setup(self) -> None:
    super().setup()
    self.layers = [nn.Dense(self.width, dtype=self.dtype) for _ in range(self.num_layers)]

  def __call__(
    self, features: Features, mask: Mask, labels: Labels | None = None, train: bool = False
  ) -> AnticipationOutputs:
    """See Anticipator."""
    x = self.embed_features(features, mask, train)
    for layer in self.layers:
      x = nn.relu(layer(x))
    return AnticipationOutputs(self.classify(x, train), x)

  def init_state(self, num_streams: int) -> State:
    """See Anticipator."""
    return ()

  def step(
    self, state: State, feature: Float[Array, "B C"], valid: Bool[Array, "B"]
  ) -> tuple[State, AnticipationOutputs]:
    """See Anticipator."""
    return state, self(feature, valid)
