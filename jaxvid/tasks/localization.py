"""Temporal action localization: which actions happen in a recording, from when to when (ActionFormer's formulation).

A batch is a dict of arrays, padded to a common length and number of actions:
  features (B, T, C) and mask (B, T);
  segments (B, N, 2) in grid units, labels (B, N), segment_mask (B, N);
  fps, feat_stride, num_frames, duration, each (B,): what leads from grid units to seconds.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from jaxvid import losses, time_grid
from jaxvid.array_types import Array, Features, Mask
from jaxvid.build import build, check_choices
from jaxvid.models.localization.network import Network
from jaxvid.models.localization.outputs import LocalizationOutputs
from jaxvid.ops import nms
from jaxvid.ops.assign import assign
from jaxvid.ops.boundary_bins import expected_distances, expected_distances_at
from jaxvid.ops.decode import Candidates, decode
from jaxvid.ops.points import Points, make_points
from jaxvid.tasks.base import DTYPES, Metrics, State

# Modules of this task, by name, since a task imports nothing that stands above it. See jaxvid.tasks.base.TaskFile.
INFERENCE = "jaxvid.inference.commands.detect"
WEIGHTS = "jaxvid.weights.localization"

# Share of the old value in the running count of positives (ActionFormer's code).
_MOMENTUM = 0.9
# The regression loss below which automatic balancing raises its weight no further (ActionFormer's code).
_SMALLEST_REG_LOSS = 0.01
# A root of the tIoU has no gradient at zero.
_SMALLEST_IOU = 1e-8
# In strides: an action so short cannot make its boundaries' relative errors infinite.
_SMALLEST_LENGTH = 1e-2

AUTOMATIC = -1.0


@dataclasses.dataclass(frozen=True)
class Detection:
  """How scores and offsets become detections; the section config.task.detection. Lengths are in grid units.

  Attributes:
    pre_nms_score: (point, class) pairs must score higher to be candidates.
    pre_nms_top_k: candidates a level.
    min_length: candidates must be longer.
    nms: "soft", "hard" or "none".
    sigma, iou_threshold, min_score: see jaxvid.ops.nms.suppress.
    max_detections: a recording.
    multiclass: suppress each class on its own; False suppresses across classes and then votes.
    voting_threshold: tIoU above which candidates vote on a detection's boundaries (class-agnostic only); 0 for no
      voting.
    voting_weight: "score_iou" (ActionFormer) or "score" (TriDet).
    error_power: a decoupled head's scores are multiplied by 1 / (1 + expected errors of both boundaries), to this
      power; other heads have no such errors.
  """

  pre_nms_score: float = 0.001
  pre_nms_top_k: int = 2000
  min_length: float = 0.05
  nms: str = "soft"
  sigma: float = 0.5
  iou_threshold: float = 0.1
  min_score: float = 0.001
  max_detections: int = 200
  multiclass: bool = True
  voting_threshold: float = 0.7
  voting_weight: str = "score_iou"
  error_power: float = 1.0

  def __post_init__(self):
    if self.nms not in nms.METHODS:
      raise ValueError(f"detection.nms: {self.nms!r} is none of {', '.join(nms.METHODS)}")


@dataclasses.dataclass(frozen=True)
class Model:
  """The section config.model.

  Attributes:
    backbone, neck, head: a type and its arguments each.
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
  """Targets, loss and predictions of localization.

  Attributes:
    num_classes: classes, each scored on its own.
    regression_ranges: (low, high) a pyramid level, in grid units.
    center_radius: of center sampling, in strides; None does without.
    init_num_positives: where the running count of positives starts, by which the losses are divided.
    reg_weight: of the regression loss; AUTOMATIC (-1) scales it to the size of the classification loss.
    label_smoothing: epsilon; targets become t (1 - epsilon) + epsilon / (num_classes + 1).
    iou_power: exponent of the tIoU that weights the classification loss of positives (TriDet with its trident head);
      None for none.
    error_weight: of the likelihood of a decoupled head's expected errors.
    detection: arguments of `Detection`.
  """

  num_classes: int
  regression_ranges: tuple[tuple[float, float], ...] = ((0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000))
  center_radius: float | None = 1.5
  init_num_positives: float = 100.0
  reg_weight: float = 1.0
  label_smoothing: float = 0.0
  iou_power: float | None = None
  error_weight: float = 0.2
  detection: Detection | Mapping[str, Any] = Detection()

  def __post_init__(self):
    if not isinstance(self.detection, Detection):
      object.__setattr__(self, "detection", _detection(self.detection))
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
    """Focal loss at every valid point plus DIoU loss at positives, both divided by the running count of positives.

    The count is updated before it is used, as in the public code; with `train` False it stays. A decoupled head adds
    the DIoU loss of its coarse offsets and the likelihood of its expected errors.
    """
    cls_targets, offset_targets = self.targets(outputs, batch)
    cls_logits, mask = _join(outputs.cls_logits), _join(outputs.masks)
    positive = (cls_targets.sum(-1) > 0) & mask
    num_positives = jnp.sum(positive)
    if train:
      count = jnp.maximum(num_positives, 1).astype(jnp.float32)
      state = {"num_positives": _MOMENTUM * state["num_positives"] + (1 - _MOMENTUM) * count}
    normalizer = state["num_positives"]

    # Offsets of each point (C' = 1) or of each point and class (C' = C): (B, P, C', 2), and where they count.
    offsets = _class_offsets(outputs)
    pair = (cls_targets > 0) & mask[..., None]
    counts = pair if offsets.shape[2] == self.num_classes > 1 else positive[..., None]
    # Targets of negatives may be anything: they must not reach the loss's gradient, not even times zero.
    offset_targets = jnp.where(positive[..., None], offset_targets, 1.0)
    reg_loss = jnp.sum(losses.diou_1d(offsets, offset_targets[:, :, None]), where=counts) / normalizer

    smoothed = cls_targets * (1 - self.label_smoothing) + self.label_smoothing / (self.num_classes + 1)
    focal = losses.sigmoid_focal(cls_logits, smoothed)
    if self.iou_power is not None:
      overlap = jnp.maximum(losses.iou_1d(offsets, offset_targets[:, :, None]), _SMALLEST_IOU)
      focal = jnp.where(pair, focal * overlap**self.iou_power, focal)
    cls_loss = jnp.sum(focal, where=mask[..., None]) / normalizer

    weight = self.reg_weight
    if weight == AUTOMATIC:
      weight = jax.lax.stop_gradient(cls_loss / jnp.maximum(reg_loss, _SMALLEST_REG_LOSS))
    loss = cls_loss + weight * reg_loss
    metrics = {"cls_loss": cls_loss, "reg_loss": reg_loss, "num_positives": num_positives}
    if outputs.refinement is not None:
      coarse = losses.diou_1d(_join(outputs.refinement.coarse_offsets), offset_targets)
      metrics["coarse_loss"] = jnp.sum(coarse, where=positive) / normalizer
      length = jnp.maximum(offset_targets.sum(-1, keepdims=True), _SMALLEST_LENGTH)
      missed = jax.lax.stop_gradient(jnp.abs(offsets[:, :, 0] - offset_targets) / length)
      likelihood = losses.laplace_nll(missed, _join(outputs.refinement.errors))
      metrics["error_loss"] = jnp.sum(likelihood, where=positive[..., None]) / normalizer
      loss += weight * metrics["coarse_loss"] + self.error_weight * metrics["error_loss"]
    return loss, metrics | {"loss": loss}, state

  def targets(self, outputs: LocalizationOutputs, batch: Mapping[str, Array]) -> tuple[Array, Array]:
    """cls_targets (B, P, num_classes) and offset_targets (B, P, 2) of the points of all levels."""
    points = self._points(outputs)
    one = lambda segments, labels, valid: assign(  # noqa: E731
      points, segments, labels, valid, self.num_classes, self.center_radius
    )
    return jax.vmap(one)(batch["segments"], batch["labels"], batch["segment_mask"])

  def predict(self, outputs: LocalizationOutputs, batch: Mapping[str, Array]) -> Candidates:
    """Detections of each recording, best first: segments (B, D, 2) in seconds, scores, labels and valid (B, D)."""
    points, how = self._points(outputs), self.detection

    def one(outputs):  # Of one recording: arrays without the batch axis.
      candidates = decode(
        points,
        _scores(outputs, how.error_power),
        functools.partial(_offsets_at, outputs),
        outputs.masks,
        min_score=how.pre_nms_score,
        top_k=how.pre_nms_top_k,
        min_length=how.min_length,
      )
      found = nms.suppress(
        candidates,
        method=how.nms,
        max_detections=how.max_detections,
        min_score=how.min_score,
        num_classes=self.num_classes,
        sigma=how.sigma,
        iou_threshold=how.iou_threshold,
        multiclass=how.multiclass,
      )
      if how.nms != "none" and not how.multiclass and how.voting_threshold > 0:
        found = nms.vote(found, candidates, iou_threshold=how.voting_threshold, weight=how.voting_weight)
      return found

    found = jax.vmap(one)(outputs)
    timing = [batch[key][:, None, None] for key in ("fps", "feat_stride", "num_frames")]
    seconds = jnp.clip(time_grid.grid_to_seconds(found.segments, *timing), 0, batch["duration"][:, None, None])
    return found._replace(segments=seconds)

  def _points(self, outputs: LocalizationOutputs) -> Points:
    lengths = tuple(mask.shape[1] for mask in outputs.masks)
    return make_points(lengths, outputs.pyramid.strides, self.regression_ranges)


def _join(levels: tuple[Array, ...]) -> Array:
  """The points of all levels, (B, P, ...)."""
  return jnp.concatenate(levels, axis=1)


def _class_offsets(outputs: LocalizationOutputs) -> Array:
  """Offsets (B, P, C', 2): a trident head's are each class's own, those of others the same for all (C' = 1)."""
  if outputs.boundaries is None:
    return _join(outputs.offsets)[:, :, None]
  levels = zip(outputs.offsets, outputs.boundaries.start_logits, outputs.boundaries.end_logits, outputs.masks)
  # Checkpointed: kept for the gradient, the bins of all points and classes would be most of a step's memory.
  expected = jax.checkpoint(expected_distances, static_argnums=4)
  return _join(tuple(expected(*level, outputs.boundaries.border) for level in levels))


def _offsets_at(outputs: LocalizationOutputs, level: int, point: Array, label: Array) -> Array:
  """Offsets (K, 2) of points and classes of one recording."""
  if outputs.boundaries is None:
    return outputs.offsets[level][point]
  start, end = outputs.boundaries.start_logits[level], outputs.boundaries.end_logits[level]
  return expected_distances_at(
    outputs.offsets[level], start, end, outputs.masks[level], outputs.boundaries.border, point, label
  )


def _scores(outputs: LocalizationOutputs, error_power: float) -> tuple[Array, ...]:
  """Scores of each level's points and classes; expected errors of the boundaries lower them."""
  scores = tuple(jax.nn.sigmoid(logits) for logits in outputs.cls_logits)
  if outputs.refinement is None or not error_power:
    return scores
  trust = ((1 + errors.sum(-1, keepdims=True)) ** -error_power for errors in outputs.refinement.errors)
  return tuple(score * factor for score, factor in zip(scores, trust))


def _detection(values: Mapping[str, Any]) -> Detection:
  known = [field.name for field in dataclasses.fields(Detection)]
  for key in values:
    if key not in known:
      raise ValueError(f"detection.{key}: nothing reads this key; it takes: {', '.join(known)}")
  return Detection(**values)
