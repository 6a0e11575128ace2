"""The choices behind jaxvid.ops, side by side on the machine at hand.

  python -m benchmarks.ops

Depthwise convolution and max pooling in their two lowerings, banded attention in blocks of several sizes and as the
dense matrix, and suppression of a long recording's candidates.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.timing import compare, table
from jaxvid.ops import conv
from jaxvid.ops.decode import Candidates
from jaxvid.ops.local_attention import blocked_attention, dense_attention
from jaxvid.ops.nms import suppress

STEPS, WIDTH, HEADS, WINDOW = 2304, 512, 4, 19


def main():
  rng = np.random.default_rng(0)
  print(f"{jax.devices()[0].platform}, jax {jax.__version__}, median of 7, in turns\n")
  x = jnp.asarray(rng.normal(size=(1, STEPS, WIDTH)), jnp.float32)
  for taps in (3, 11):
    kernel = jnp.asarray(rng.normal(size=(taps, 1, WIDTH)), jnp.float32)
    forms = {"shifted slices": conv._depthwise_shifts, "native": conv._depthwise_native}
    _report(f"depthwise convolution, {taps} taps", {n: lambda *a, f=f: f(*a, 1) for n, f in forms.items()}, (x, kernel))
  forms = {"shifted slices": conv._max_pool_shifts, "native": conv._max_pool_native}
  _report("max pool, window 3, stride 2", {n: lambda x, f=f: f(x, 3, 2) for n, f in forms.items()}, (x,))

  qkv = tuple(jnp.asarray(rng.normal(size=(1, STEPS, HEADS, WIDTH // HEADS)), jnp.float32) for _ in range(3))
  mask = jnp.ones((1, STEPS), bool)
  forms = {
    f"blocks of {block}": functools.partial(_attention, blocked_attention, mask, block=block)
    for block in (16, 32, 64, 128)
  }
  _report(f"attention, window {WINDOW}", forms | {"dense": functools.partial(_attention, dense_attention, mask)}, qkv)

  rows = []
  for count, detections in ((2_000, 200), (12_000, 200), (12_000, 2_000), (30_000, 2_000)):
    starts = rng.uniform(0, STEPS, count)
    segments = np.stack([starts, starts + rng.uniform(1, 60, count)], -1)
    scores, labels = rng.uniform(0.001, 1, count), rng.integers(0, 20, count)
    candidates = Candidates(*map(jnp.asarray, (np.float32(segments), np.float32(scores), labels, np.ones(count, bool))))
    settings = dict(method="soft", max_detections=detections, min_score=0.001, num_classes=20)
    run = jax.jit(functools.partial(suppress, **settings))
    times = compare({"": lambda run=run, c=candidates: jax.block_until_ready(run(c))})
    rows.append((f"{count:,}", f"{detections:,}", times[""]))
  print(table(("soft-NMS, 20 classes: candidates", "detections", "ms"), rows))


def _attention(form, mask, q, k, v, **settings):
  return form(q, k, v, mask, WINDOW, **settings)


def _report(title, forms, args):
  forward = {name: jax.jit(form) for name, form in forms.items()}
  gradient = {
    name: jax.jit(jax.grad(lambda *a, f=form: jnp.sum(jnp.square(f(*a))), tuple(range(len(args)))))
    for name, form in forms.items()
  }
  times = [
    compare({name: lambda f=f: jax.block_until_ready(f(*args)) for name, f in functions.items()})
    for functions in (forward, gradient)
  ]
  print(table((title, "forward ms", "gradient ms"), [(name, times[0][name], times[1][name]) for name in forms]), "\n")


if __name__ == "__main__":
  main()
