"""Action anticipation: predicts the next action from features of the past.

A batch is a dict of arrays:
  features: (B, T, C) floats, one observation window each.
  mask: (B, T) bool, False for steps before the recording began.
  step_labels: (B, T) int32, the action that each step is to anticipate, -1 where none is known. The last step's is the
    label of the window.
  step_verbs, step_nouns: (B, T) int32, verbs and nouns of these actions, for networks with heads for them.
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

# Modules of this task, see jaxvid.tasks.base.TaskFile. By name, since a task must not import inference.
INFERENCE = "jaxvid.inference.commands.anticipate"
WEIGHTS = None

LOSS_AT = ("every", "last")


class Predictions(NamedTuple):
  """Probabilities of what comes next, for each observation window or stream.

  Attributes:
    action: (B, K).
    verb, noun: (B, V) and (B, N) from networks with heads for them; else None (sum the actions instead).
  """

  action: Array
  verb: Array | None
  noun: Array | None


@dataclasses.dataclass(frozen=True)
class Model:
  """The section config.model.

  Attributes:
    anticipator: a type of jaxvid.models.anticipation.anticipators and its arguments.
    num_verbs, num_nouns: classes of the heads for verbs and nouns; 0 for none (their actions are summed instead).
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
    loss_at: "every" step of a window that has a target, or its "last" step only.
    last_weight: weight of the last step with loss_at "every"; the others weigh 1.
    label_smoothing: share of each target that is spread over all classes.
    part_weight: weight of the verb and noun losses.
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
    """Features, mask, and labels; the network only uses these for teacher forcing."""
    return batch["features"], batch["mask"], batch["step_labels"]

  def loss(self, outputs: AnticipationOutputs, batch: Batch, state: State, train: bool) -> tuple[Array, Metrics, State]:
    """Cross-entropy, averaged over steps with a target, plus those of verbs and nouns; accuracy at the last step."""
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
          raise ValueError(
            f"config.model.num_{part}s: the dataset does not know the {part} of each action; set it to 0"
          )
        metrics[f"{part}_loss"] = mean(logits, batch[f"step_{part}s"])
    parts = [value for name, value in metrics.items() if name != "action_loss"]
    loss = action + self.part_weight * sum(parts)
    accuracy = (outputs.logits[:, -1].argmax(-1) == labels[:, -1]).mean(dtype=jnp.float32)
    return loss, {"loss": loss, **metrics, "accuracy": accuracy}, state

  def predict(self, outputs: AnticipationOutputs, batch: Batch) -> Predictions:
    """Probabilities at the last step of each observation window."""
    last = lambda logits: None if logits is None else logits[:, -1]  # noqa: E731
    logits = {name: last(getattr(outputs, name)) for name in ("logits", "verb_logits", "noun_logits")}
    return self.probabilities(outputs.replace(**logits))

  def probabilities(self, outputs: AnticipationOutputs) -> Predictions:
    """Probabilities at every step of windows, (B, T, K), or at one step of streams, (B, K)."""
    of = lambda logits: None if logits is None else jax.nn.softmax(logits)  # noqa: E731
    return Predictions(of(outputs.logits), of(outputs.verb_logits), of(outputs.noun_logits))
