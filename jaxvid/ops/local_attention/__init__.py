"""Banded self-attention: each step attends to the window // 2 steps on either side of it.

Two implementations of one contract. `blocked` is the default: time and memory grow linearly with the sequence. `dense`
builds the whole T x T matrix and masks it: the reference in tests and, with `window=None`, global attention.
"""

from jaxvid.array_types import Array, Heads, Mask
from jaxvid.ops.local_attention.blocked import blocked_attention
from jaxvid.ops.local_attention.dense import dense_attention

__all__ = ["blocked_attention", "dense_attention", "local_attention"]


def local_attention(
  q: Heads,
  k: Heads,
  v: Heads,
  mask: Mask,
  window: int | None,
  *,
  relative_bias: Array | None = None,
  dropout_rate: float = 0.0,
  dropout_key: Array | None = None,
) -> Heads:
  """softmax(q k^T / sqrt(D) + bias) v over a band (ActionFormer, section 3.2; Longformer's sliding window).

  Args:
    q, k, v: (B, T, H, D), any float dtype; the softmax is computed in float32.
    mask: (B, T). Padded keys get no weight; the output at padded queries is zero.
    window: odd width of the band; None attends to the whole sequence.
    relative_bias: (H, window), added to the logit of the key at offset i - window // 2 from its query; needs a window.
    dropout_rate: probability with which an attention weight is dropped (the rest are scaled up); needs `dropout_key`.
    dropout_key: PRNG key.

  Returns:
    (B, T, H, D) in the dtype of v.
  """
  if window is None:
    if relative_bias is not None:
      raise ValueError("a relative position bias needs a window: global attention has none")
    return dense_attention(q, k, v, mask, None, dropout_rate=dropout_rate, dropout_key=dropout_key)
  if window < 1 or window % 2 == 0:
    raise ValueError(f"window must be a positive odd number, or None for global attention; got {window}")
  return blocked_attention(
    q, k, v, mask, window, relative_bias=relative_bias, dropout_rate=dropout_rate, dropout_key=dropout_key
  )
