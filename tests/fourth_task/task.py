"""Temporal action segmentation: which action each step of a sequence shows.

A batch is a dict of arrays:
  features: (B, T, C) float32; mask: (B, T) bool.
  step_labels: (B, T) int32, -1 at steps without a label.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from fourth_task.network import Outputs, SegmentationNetwork
from jaxvid import losses
from jaxvid.build import build, check_choices
from jaxvid.tasks.base import DTYPES, Batch, Metrics, State

INFERENCE = None  # jaxvid predict does not run these models.
WEIGHTS = None  # Nobody publishes weights of them.


class Predictions(NamedTuple):
  """Of each step.

  Attributes:
    labels: (B, T) int32, the most probable class.
    mask: (B, T), the steps that there are.
  """

  labels: jax.Array
  mask: jax.Array


@dataclasses.dataclass(frozen=True)
class Model:
  """The section config.model.

  Attributes:
    encoder: an encoder and its arguments.
    dtype: "float32" or "bfloat16", of the computation.
  """

  PARTS: ClassVar[Mapping[str, str]] = {"encoder": "fourth_task.encoders"}
  CLASSIFIER: ClassVar[str] = "classifier"

  encoder: Mapping[str, Any]
  dtype: str = "float32"

  def __post_init__(self) -> None:
    check_choices(self, "config.model", dtype=DTYPES)

  def build(self, num_classes: int) -> SegmentationNetwork:
    encoder = build(self.PARTS["encoder"], self.encoder, "config.model.encoder", dtype=self.dtype)
    return SegmentationNetwork(encoder, num_classes)


@dataclasses.dataclass(frozen=True)
class Task:
  """The section config.task.

  Attributes:
    num_classes: of the dataset.
    smoothing_weight: of the loss of labels that change from one step to the next.
  """

  num_classes: int
  smoothing_weight: float = 0.1

  def init_state(self) -> State:
    return {}

  def inputs(self, batch: Batch) -> tuple[jax.Array, jax.Array]:
    return batch["features"], batch["mask"]

  def loss(self, outputs: Outputs, batch: Batch, state: State, train: bool) -> tuple[jax.Array, Metrics, State]:
    """Cross-entropy, the mean over labelled steps, and the squared change of log-probabilities between neighbours."""
    labels, known = batch["step_labels"], batch["mask"] & (batch["step_labels"] >= 0)
    mean = lambda values, mask: (values * mask).sum() / jnp.maximum(mask.sum(), 1)  # noqa: E731
    steps = mean(losses.cross_entropy(outputs.logits, jax.nn.one_hot(labels, self.num_classes)), known)
    change = jnp.square(jnp.diff(jax.nn.log_softmax(outputs.logits), axis=1)).mean(-1)
    smoothing = mean(jnp.minimum(change, 16.0), batch["mask"][:, 1:])
    loss = steps + self.smoothing_weight * smoothing
    return loss, {"loss": loss, "step_loss": steps, "smoothing_loss": smoothing}, state

  def predict(self, outputs: Outputs, batch: Batch) -> Predictions:
    return Predictions(outputs.logits.argmax(-1).astype(jnp.int32), batch["mask"])
