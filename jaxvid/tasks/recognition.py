"""Action recognition: classifies the action that a clip shows.

A batch is a dict of arrays:
  video: (B, T, H, W, 3) uint8 in training; in evaluation (B, V, T, H, W, 3), V views of each clip. Instead of pixels it
    can hold features of a frozen backbone, (B, T, H, W, C) floats, for the backbone `from_features`.
  label: (B,) int32.
  weight: (B,) floats, optional: weight of each example in the loss.
  mix_partner: (B,) int32 and mix_weight: (B,), optional: mixup with another example of the batch (Zhang et al. 2018),
    whose share is 1 - mix_weight.
"""

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from jaxvid import losses
from jaxvid.array_types import Array
from jaxvid.build import build, check_choices
from jaxvid.models.recognition.network import ClipNetwork
from jaxvid.models.recognition.normalization import NORMALIZATIONS
from jaxvid.models.recognition.outputs import ClipOutputs
from jaxvid.tasks.base import DTYPES, Batch, Metrics, State

# Modules of this task, see jaxvid.tasks.base.TaskFile. By name, since a task must not import inference.
INFERENCE = "jaxvid.inference.commands.classify"
WEIGHTS = "jaxvid.weights.clip_backbones"


class Predictions(NamedTuple):
  """Predictions for each clip, averaged over its views.

  Attributes:
    probabilities: (B, num_classes), the mean of the views' softmax.
    pooled: (B, C), the mean of the views' pooled features (the classifier's input), for embedding plots.
  """

  probabilities: Array
  pooled: Array


@dataclasses.dataclass(frozen=True)
class Model:
  """The section config.model.

  Attributes:
    backbone: type of a clip backbone and its settings.
    head: type of a clip head and its settings.
    normalization: of the pixels, see jaxvid.models.recognition.normalization; None for that of the backbone's published
      weights.
    freeze_backbone: train the head only; the backbone's batch norms use their running statistics.
    dtype: "float32" or "bfloat16", of the computation; parameters and losses are float32.
  """

  PARTS: ClassVar[Mapping[str, str]] = {
    "backbone": "jaxvid.models.recognition.backbones",
    "head": "jaxvid.models.recognition.heads",
  }
  CLASSIFIER: ClassVar[str] = "head/classifier"

  backbone: Mapping[str, Any]
  head: Mapping[str, Any]
  normalization: str | None = None
  freeze_backbone: bool = False
  dtype: str = "float32"

  def __post_init__(self):
    check_choices(self, "config.model", dtype=DTYPES, normalization=(None, *NORMALIZATIONS))

  def build(self, num_classes: int) -> ClipNetwork:
    backbone = build(self.PARTS["backbone"], self.backbone, "config.model.backbone", dtype=self.dtype)
    return ClipNetwork(
      backbone=backbone,
      head=build(self.PARTS["head"], self.head, "config.model.head", num_classes=num_classes, dtype=self.dtype),
      normalization=self.normalization or sys.modules[type(backbone).__module__].NORMALIZATION,
      freeze_backbone=self.freeze_backbone,
    )


@dataclasses.dataclass(frozen=True)
class Task:
  """The section config.task.

  Attributes:
    num_classes: of the dataset.
    label_smoothing: share of each target that is spread over all classes.
  """

  num_classes: int
  label_smoothing: float = 0.0

  def __post_init__(self):
    if not 0 <= self.label_smoothing < 1:
      raise ValueError(f"label_smoothing: {self.label_smoothing} does not lie in [0, 1)")

  def init_state(self) -> State:
    return {}

  def inputs(self, batch: Batch) -> tuple[Array]:
    """The clips (B, T, H, W, C), mixed up if the batch says so; views become clips of their own, (B V, T, H, W, C)."""
    video = batch["video"]
    if video.ndim == 6:
      return (video.reshape(-1, *video.shape[2:]),)
    if "mix_weight" not in batch:
      return (video,)
    weight = batch["mix_weight"].reshape(-1, *[1] * (video.ndim - 1))
    unit = video / jnp.float32(255) if video.dtype == jnp.uint8 else video
    return (weight * unit + (1 - weight) * unit[batch["mix_partner"]],)

  def loss(self, outputs: ClipOutputs, batch: Batch, state: State, train: bool) -> tuple[Array, Metrics, State]:
    """Cross-entropy as a weighted mean over the batch, and the accuracy."""
    labels = batch["label"]
    targets = jax.nn.one_hot(labels, self.num_classes)
    if "mix_weight" in batch:
      weight = batch["mix_weight"][:, None]
      targets = weight * targets + (1 - weight) * targets[batch["mix_partner"]]
    values = losses.cross_entropy(outputs.logits, targets, self.label_smoothing if train else 0.0)
    weights = batch.get("weight", jnp.ones_like(values))
    loss = (weights * values).sum() / jnp.maximum(weights.sum(), 1e-8)
    accuracy = (outputs.logits.argmax(-1) == labels).mean(dtype=jnp.float32)
    return loss, {"loss": loss, "accuracy": accuracy}, state

  def predict(self, outputs: ClipOutputs, batch: Batch) -> Predictions:
    """Probabilities and pooled features of each clip, averaged over its views."""
    over_views: Any = lambda x: x.reshape(len(batch["video"]), -1, x.shape[-1]).mean(1)  # noqa: E731
    return Predictions(over_views(jax.nn.softmax(outputs.logits)), over_views(outputs.pooled))
