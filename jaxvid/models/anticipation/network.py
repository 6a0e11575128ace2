"""An anticipation network: an anticipator, and heads of their own for verbs and nouns."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Bool, Float

from jaxvid.array_types import Array, Features, Labels, Mask
from jaxvid.models.anticipation.anticipator import Anticipator, State
from jaxvid.models.anticipation.outputs import AnticipationOutputs


class AnticipationNetwork(nn.Module):
  """Features in, logits of what comes next out: of whole windows, or of streams step by step.

  Attributes:
    anticipator: see jaxvid.models.anticipation.anticipator; the arguments of the methods are those there.
    num_verbs, num_nouns: classes of the verbs and nouns that get linear heads of their own; 0 for none.
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
    """Of Action-Guided Attention only: whole windows as if other actions had been predicted, see
    jaxvid.models.anticipation.anticipators.action_guided."""
    return self._with_parts(self.anticipator.with_history(features, mask, taught))

  def contributions(self, features: Features, mask: Mask, outputs: AnticipationOutputs) -> Float[Array, "B T K"]:
    """Of Action-Guided Attention only: what each step adds to the last one's logits, see there."""
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
