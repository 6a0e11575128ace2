"""Temporal action localization: which actions happen in a recording, from when to when (ActionFormer's formulation).

A batch is a dict of arrays, padded to a common length and number of actions:
  features (B, T, C) and mask (B, T);
  segments (B, N, 2) in grid units, labels (B, N), segment_mask (B, N);
  fps, feat_stride, num_frames, duration, each (B,): the timing, to convert grid units to seconds.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from jaxvid import losses, time_grid
from jaxvid.array_types import Array, Features, Mask
from jaxvid.build import build, check_choices, construct
from jaxvid.models.localization.network import Network
from jaxvid.models.localization.outputs import LocalizationOutputs, join
from jaxvid.ops.assign import assign
from jaxvid.ops.decode import Candidates
from jaxvid.ops.points import Points, make_points
from jaxvid.tasks.base import DTYPES, Metrics, State
from jaxvid.tasks.detection import Detection

# Modules of this task, see jaxvid.tasks.base.TaskFile. By name, since a task must not import inference.
INFERENCE = "jaxvid.inference.commands.detect"
WEIGHTS = "jaxvid.weights.localization"

# Share of the old value in the running count of positives (ActionFormer's code).
_MOMENTUM = 0.9
# Floor on the regression loss in automatic balancing (ActionFormer's code).
_SMALLEST_REG_LOSS = 0.01
# Floor on the tIoU: its powers below 1 have an infinite gradient at zero.
_SMALLEST_IOU = 1e-8

AUTOMATIC = -1.0  # Value of reg_weight.


@dataclasses.dataclass(frozen=True)
class Model:
  """The section config.model.

  Attributes:
    backbone, neck, head: each a type and its settings.
    dtype: "float32" or "bfloat16", of the computation; parameters and losses are float32.
    padding: "ignored" or "reference", see jaxvid.layers.temporal.
  """

  PARTS: ClassVar[Mapping[str, str]] = {
    "backbone": "jaxvid.models.localization.backbones",
    "neck": "jaxvid.models.localization.necks",
    "head": "jaxvid.models.localization.heads",
  }
  CLASSIFIER: ClassVar[str] = "head/cls"

  backbone: Mapping[str, Any]
  neck: Mapping[str, Any]
  head: Mapping[str, Any]
  dtype: str = "float32"
  padding: str = "ignored"

  def __post_init__(self):
    check_choices(self, "config.model", dtype=DTYPES, padding=("ignored", "reference"))

  def build(self, num_classes: int) -> Network:
    shared = dict(padding=self.padding, dtype=self.dtype)
    return Network(
      backbone=build(self.PARTS["backbone"], self.backbone, "config.model.backbone", **shared),
      neck=build(self.PARTS["neck"], self.neck, "config.model.neck", **shared),
      head=build(self.PARTS["head"], self.head, "config.model.head", num_classes=num_classes, **shared),
    )


@dataclasses.dataclass(frozen=True)
class Task:
  """Targets, loss and predictions of localization; the section config.task.

  Scores and offsets are computed by the head's outputs, see jaxvid.models.localization.outputs.

  Attributes:
    num_classes: classes, each scored on its own.
    regression_ranges: (low, high) for each pyramid level, in grid units.
    center_radius: of center sampling, in strides; None for no center sampling.
    init_num_positives: initial value of the running count of positives, by which the losses are divided.
    reg_weight: of the regression loss; AUTOMATIC (-1) scales it to the size of the classification loss.
    label_smoothing: epsilon; targets become t (1 - epsilon) + epsilon / (num_classes + 1).
    iou_power: the classification loss of positives is weighted by the tIoU to this power (TriDet with its trident
      head); None for no weights.
    detection: settings of the detections made of scores and offsets.
  """

  num_classes: int
  regression_ranges: tuple[tuple[float, float], ...] = ((0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000))
  center_radius: float | None = 1.5
  init_num_positives: float = 100.0
  reg_weight: float = 1.0
  label_smoothing: float = 0.0
  iou_power: float | None = None
  detection: Detection = Detection()

  def __post_init__(self):
    if not isinstance(self.detection, Detection):
      object.__setattr__(self, "detection", construct(Detection, self.detection, "detection"))
    if self.reg_weight <= 0 and self.reg_weight != AUTOMATIC:
      raise ValueError(f"reg_weight must be positive, or {AUTOMATIC} to balance automatically; got {self.reg_weight}")

  def init_state(self) -> State:
    """The running count of positive points, which divides both losses."""
    return {"num_positives": jnp.float32(self.init_num_positives)}

  def inputs(self, batch: Mapping[str, Array]) -> tuple[Features, Mask]:
    """Arguments of the network."""
    return batch["features"], batch["mask"]

  def loss(
    self, outputs: LocalizationOutputs, batch: Mapping[str, Array], state: State, train: bool
  ) -> tuple[Array, Metrics, State]:
    """Focal loss at valid points, DIoU loss at positives, and the head's own losses, divided by the count of positives.

    The running count is updated before it is used, as in the public code; with `train` False it stays.
    """
    # Targets, and the running count of positives.
    cls_targets, targets = self.targets(outputs, batch)
    cls_logits, mask = join(outputs.cls_logits), join(outputs.masks)
    positive = (cls_targets.sum(-1) > 0) & mask
    num_positives = jnp.sum(positive)
    if train:
      count = jnp.maximum(num_positives, 1).astype(jnp.float32)
      state = {"num_positives": _MOMENTUM * state["num_positives"] + (1 - _MOMENTUM) * count}
    normalizer = state["num_positives"]

    # Regression. Offsets (B, P, C', 2) are those of a point (C' = 1) or of each of its classes (C' = num_classes).
    offsets = outputs.class_offsets()
    pair = (cls_targets > 0) & mask[..., None]
    counts = pair if offsets.shape[2] == self.num_classes > 1 else positive[..., None]
    # Targets of negatives may be anything, NaN too, which would reach the gradient even where it is multiplied by zero.
    targets = jnp.where(positive[..., None], targets, 1.0)
    reg_loss = jnp.sum(losses.diou_1d(offsets, targets[:, :, None]), where=counts) / normalizer

    # Classification.
    smoothed = cls_targets * (1 - self.label_smoothing) + self.label_smoothing / (self.num_classes + 1)
    focal = losses.sigmoid_focal(cls_logits, smoothed)
    if self.iou_power is not None:
      overlap = jnp.maximum(losses.iou_1d(offsets, targets[:, :, None]), _SMALLEST_IOU)
      focal = jnp.where(pair, focal * overlap**self.iou_power, focal)
    cls_loss = jnp.sum(focal, where=mask[..., None]) / normalizer

    # The sum, with the losses of this head alone.
    weight: Array | float = self.reg_weight
    if weight == AUTOMATIC:
      weight = jax.lax.stop_gradient(cls_loss / jnp.maximum(reg_loss, _SMALLEST_REG_LOSS))
    loss = cls_loss + weight * reg_loss
    metrics = {"cls_loss": cls_loss, "reg_loss": reg_loss, "num_positives": num_positives}
    own = outputs.own_losses(targets, weight)
    for name, (values, _) in own.items():
      counts = positive.reshape(*positive.shape, *[1] * (values.ndim - 2))
      metrics[name] = jnp.sum(values, where=counts) / normalizer
    loss += sum(own_loss.weight * metrics[name] for name, own_loss in own.items())
    return loss, metrics | {"loss": loss}, state

  def targets(self, outputs: LocalizationOutputs, batch: Mapping[str, Array]) -> tuple[Array, Array]:
    """Targets of the points of all levels: classes (B, P, num_classes) and offsets (B, P, 2), see ops.assign."""
    points = self._points(outputs)
    one = lambda segments, labels, valid: assign(  # noqa: E731
      points, segments, labels, valid, self.num_classes, self.center_radius
    )
    return jax.vmap(one)(batch["segments"], batch["labels"], batch["segment_mask"])

  def predict(self, outputs: LocalizationOutputs, batch: Mapping[str, Array]) -> Candidates:
    """Detections of each recording, best first: segments (B, D, 2) in seconds, scores, labels and valid (B, D)."""
    points = self._points(outputs)
    found = jax.vmap(lambda one: self.detection.detect(one, points, self.num_classes))(outputs)
    timing = [batch[key][:, None, None] for key in ("fps", "feat_stride", "num_frames")]
    seconds = jnp.clip(time_grid.grid_to_seconds(found.segments, *timing), 0, batch["duration"][:, None, None])
    return found._replace(segments=seconds)

  def _points(self, outputs: LocalizationOutputs) -> Points:
    lengths = tuple(mask.shape[1] for mask in outputs.masks)
    return make_points(lengths, outputs.pyramid.strides, self.regression_ranges)
