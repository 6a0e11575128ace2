"""An anticipation network: an anticipator, and optional linear heads for verbs and nouns."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Bool, Float

from jaxvid.array_types import Array, Features, Labels, Mask
from jaxvid.models.anticipation.anticipator import Anticipator, State
from jaxvid.models.anticipation.outputs import AnticipationOutputs


class AnticipationNetwork(nn.Module):
  """Predicts the next action, verb and noun from features: over whole windows, or over streams step by step.

  Attributes:
    anticipator: see jaxvid.models.anticipation.anticipator; the methods here take the arguments of its methods.
    num_verbs, num_nouns: classes of the linear heads for verbs and nouns; 0 for no head.
  """

  anticipator: Anticipator
  num_verbs: int = 0
  num_nouns: int = 0

  def setup(self) -> None:
    if self.num_verbs:
      self.verb = nn.Dense(self.num_verbs)
    if self.num_nouns:
      self.noun = nn.Dense(self.num_nouns)

  def __call__(
    self, features: Features, mask: Mask, labels: Labels | None = None, train: bool = False
  ) -> AnticipationOutputs:
    return self._with_parts(self.anticipator(features, mask, labels, train))

  def with_history(self, features: Features, mask: Mask, taught: Labels) -> AnticipationOutputs:
    """Predicts with replaced past predictions; Action-Guided Attention only, see its Model.with_history."""
    return self._with_parts(self.anticipator.with_history(features, mask, taught))

  def contributions(self, features: Features, mask: Mask, outputs: AnticipationOutputs) -> Float[Array, "B T K"]:
    """Contributions of the steps to the last logits; Action-Guided Attention only, see its Model.contributions."""
    return self.anticipator.contributions(features, mask, outputs)

  def init_state(self, num_streams: int) -> State:
    return self.anticipator.init_state(num_streams)

  def step(
    self, state: State, feature: Float[Array, "B C"], valid: Bool[Array, "B"]
  ) -> tuple[State, AnticipationOutputs]:
    state, outputs = self.anticipator.step(state, feature, valid)
    return state, self._with_parts(outputs)

  def _with_parts(self, outputs: AnticipationOutputs) -> AnticipationOutputs:
    hidden = outputs.hidden.astype(jnp.float32)
    verb = self.verb(hidden) if self.num_verbs else None
    noun = self.noun(hidden) if self.num_nouns else None
    return outputs.replace(verb_logits=verb, noun_logits=noun)
