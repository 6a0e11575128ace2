"""Losses in float32, one value an element: masking, summing and normalising is the task's."""

import jax
import jax.numpy as jnp

from jaxvid.array_types import Array


def sigmoid_focal(logits: Array, targets: Array, alpha: float = 0.25, gamma: float = 2.0) -> Array:
  """Focal loss of Lin et al. 2017 (equation 5) on sigmoid logits, in their shape; targets in [0, 1] may be soft."""
  logits, targets = logits.astype(jnp.float32), targets.astype(jnp.float32)
  probability = jax.nn.sigmoid(logits)
  cross_entropy = jnp.maximum(logits, 0) - logits * targets + jnp.log1p(jnp.exp(-jnp.abs(logits)))
  miss = 1 - (probability * targets + (1 - probability) * (1 - targets))
  modulation = jnp.square(miss) if gamma == 2 else miss**gamma
  balance = alpha * targets + (1 - alpha) * (1 - targets)
  return balance * modulation * cross_entropy


def iou_1d(offsets: Array, targets: Array, epsilon: float = 1e-8) -> Array:
  """Intersection over union of segments around one point: (..., 2) non-negative offsets -> (...)."""
  offsets, targets = offsets.astype(jnp.float32), targets.astype(jnp.float32)
  shared = jnp.minimum(offsets, targets).sum(-1)
  union = offsets.sum(-1) + targets.sum(-1) - shared
  return shared / jnp.maximum(union, epsilon)


def diou_1d(offsets: Array, targets: Array, epsilon: float = 1e-8) -> Array:
  """Distance-IoU loss of Zheng et al. 2020 for segments around one point: (..., 2) non-negative offsets -> (...)."""
  offsets, targets = offsets.astype(jnp.float32), targets.astype(jnp.float32)
  hull = jnp.maximum(offsets, targets).sum(-1)
  shift = 0.5 * ((offsets[..., 1] - offsets[..., 0]) - (targets[..., 1] - targets[..., 0]))
  return 1 - iou_1d(offsets, targets, epsilon) + jnp.square(shift / jnp.maximum(hull, epsilon))


def cross_entropy(logits: Array, targets: Array, label_smoothing: float = 0.0) -> Array:
  """Softmax cross-entropy: (..., K) logits and targets, which are shares of classes -> (...).

  Label smoothing (Szegedy et al. 2016) spreads a share over all classes evenly.
  """
  num_classes = logits.shape[-1]
  targets = (1 - label_smoothing) * targets.astype(jnp.float32) + label_smoothing / num_classes
  return -(targets * jax.nn.log_softmax(logits.astype(jnp.float32))).sum(-1)


def laplace_nll(errors: Array, expected: Array) -> Array:
  """Negative log-likelihood (less log 2) of absolute errors under Laplace distributions of these scales."""
  expected = expected.astype(jnp.float32)
  return jnp.log(expected) + errors.astype(jnp.float32) / expected
