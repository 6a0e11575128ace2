"""Losses in float32, one value for each element; tasks mask, sum and normalise them."""

import jax
import jax.numpy as jnp

from jaxvid.array_types import Array


def sigmoid_focal(logits: Array, targets: Array, alpha: float = 0.25, gamma: float = 2.0) -> Array:
  """Focal loss of sigmoid scores (Lin et al. 2017, equation 5), in the shape of the logits.

  Args:
    logits: any shape.
    targets: same shape, in [0, 1]; may be soft.
    alpha: weight of the positive class.
    gamma: focusing exponent.
  """
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
  """Softmax cross-entropy: logits and target distributions (..., K) -> (...).

  `label_smoothing` is the share of each target that is spread evenly over all classes (Szegedy et al. 2016).
  """
  num_classes = logits.shape[-1]
  targets = (1 - label_smoothing) * targets.astype(jnp.float32) + label_smoothing / num_classes
  return -(targets * jax.nn.log_softmax(logits.astype(jnp.float32))).sum(-1)


def laplace_nll(errors: Array, expected: Array) -> Array:
  """Negative log-likelihood, minus log 2, of absolute errors under Laplace distributions with scales `expected`."""
  expected = expected.astype(jnp.float32)
  return jnp.log(expected) + errors.astype(jnp.float32) / expected
