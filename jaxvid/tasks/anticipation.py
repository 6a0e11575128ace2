"""Action anticipation: what comes next, from features of what has been.

A batch is a dict of arrays:
  features: (B, T, C) floats, an observation window each.
  mask: (B, T) bool, False for steps before the recording began.
  step_labels: (B, T) int32, the action that each step is to anticipate, -1 where none is known; the last step's is that
    of the window.
  step_verbs, step_nouns: (B, T) int32, their verbs and nouns, for networks with heads for them.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from jaxvid import losses
from jaxvid.array_types import Array
from jaxvid.build import build, check_choices
from jaxvid.models.anticipation.network import AnticipationNetwork
from jaxvid.models.anticipation.outputs import AnticipationOutputs
from jaxvid.tasks.base import DTYPES, Batch, Metrics, State

# Modules of this task, by name, since a task imports nothing that stands above it. See jaxvid.tasks.base.TaskFile.
INFERENCE = "jaxvid.inference.commands.anticipate"
WEIGHTS = None

LOSS_AT = ("every", "last")


class Predictions(NamedTuple):
  """Of each window of a batch at its last step, or of each stream.

  Attributes:
    action: (B, K) probabilities.
    verb, noun: (B, V) and (B, N) probabilities, of networks with heads for them; otherwise None, and to be had as sums
      over the actions.
  """

  action: Array
  verb: Array | None
  noun: Array | None


@dataclasses.dataclass(frozen=True)
class Model:
  """The section config.model.

  Attributes:
    anticipator: a type of jaxvid.models.anticipation.anticipators and its arguments.
    num_verbs, num_nouns: classes of verbs and nouns that get heads of their own; 0 sums their actions up instead.
    dtype: "float32" or "bfloat16", of the computation; parameters and losses are float32.
  """

  PARTS: ClassVar[Mapping[str, str]] = {"anticipator": "jaxvid.models.anticipation.anticipators"}
  CLASSIFIER: ClassVar[str] = "anticipator/classifier"

  anticipator: Mapping[str, Any]
  num_verbs: int = 0
  num_nouns: int = 0
  dtype: str = "float32"

  def __post_init__(self):
    check_choices(self, "config.model", dtype=DTYPES)

  def build(self, num_classes: int) -> AnticipationNetwork:
    given = dict(num_classes=num_classes, dtype=self.dtype)
    anticipator = build(self.PARTS["anticipator"], self.anticipator, "config.model.anticipator", **given)
    return AnticipationNetwork(anticipator, self.num_verbs, self.num_nouns)


@dataclasses.dataclass(frozen=True)
class Task:
  """The section config.task.

  Attributes:
    num_classes: actions of the dataset.
    loss_at: "every" step of a window that has a target, or the "last" alone.
    last_weight: what the last step counts where every step does; the others count 1.
    label_smoothing: share of each target that is spread over all classes.
    part_weight: what the losses of verb and noun heads count.
  """

  num_classes: int
  loss_at: str = "every"
  last_weight: float = 1.0
  label_smoothing: float = 0.0
  part_weight: float = 1.0

  def __post_init__(self):
    if self.loss_at not in LOSS_AT:
      raise ValueError(f"loss_at: {self.loss_at!r} is none of {', '.join(LOSS_AT)}")
    if not 0 <= self.label_smoothing < 1:
      raise ValueError(f"label_smoothing: {self.label_smoothing} does not lie in [0, 1)")
    if not self.last_weight > 0:
      raise ValueError(f"last_weight: {self.last_weight}; give more than 0")

  def init_state(self) -> State:
    return {}

  def inputs(self, batch: Batch) -> tuple[Array, Array, Array]:
    """Features, mask, and the labels, which only a teacher looks at (jaxvid.models.anticipation.anticipator)."""
    return batch["features"], batch["mask"], batch["step_labels"]

  def loss(self, outputs: AnticipationOutputs, batch: Batch, state: State, train: bool) -> tuple[Array, Metrics, State]:
    """Cross-entropy, the mean over steps that have a target, plus those of verbs and nouns; accuracy at the last."""
    labels = batch["step_labels"]
    weights = (labels >= 0) * jnp.ones(labels.shape[1]).at[-1].set(self.last_weight)
    if self.loss_at == "last":
      weights = weights * (jnp.arange(labels.shape[1]) == labels.shape[1] - 1)
    smoothing = self.label_smoothing if train else 0.0

    def mean(logits, targets):
      values = losses.cross_entropy(logits, jax.nn.one_hot(targets, logits.shape[-1]), smoothing)
      return (weights * values).sum() / jnp.maximum(weights.sum(), 1e-8)

    action = mean(outputs.logits, labels)
    metrics = {"action_loss": action}
    for part, logits in (("verb", outputs.verb_logits), ("noun", outputs.noun_logits)):
      if logits is not None:
        if f"step_{part}s" not in batch:
          raise ValueError(f"config.model.num_{part}s: the dataset does not know the {part} of each action; set 0")
        metrics[f"{part}_loss"] = mean(logits, batch[f"step_{part}s"])
    parts = [value for name, value in metrics.items() if name != "action_loss"]
    loss = action + self.part_weight * sum(parts)
    accuracy = (outputs.logits[:, -1].argmax(-1) == labels[:, -1]).mean(dtype=jnp.float32)
    return loss, {"loss": loss, **metrics, "accuracy": accuracy}, state

  def predict(self, outputs: AnticipationOutputs, batch: Batch) -> Predictions:
    last = lambda logits: None if logits is None else logits[:, -1]  # noqa: E731
    logits = {name: last(getattr(outputs, name)) for name in ("logits", "verb_logits", "noun_logits")}
    return self.probabilities(outputs.replace(**logits))

  def probabilities(self, outputs: AnticipationOutputs) -> Predictions:
    """Of every step there is: (B, T, K), or of one step of streams (B, K)."""
    of = lambda logits: None if logits is None else jax.nn.softmax(logits)  # noqa: E731
    return Predictions(of(outputs.logits), of(outputs.verb_logits), of(outputs.noun_logits))
