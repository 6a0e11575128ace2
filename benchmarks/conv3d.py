"""The choices behind jaxvid.ops.conv3d, side by side on the machine at hand.

  python -m benchmarks.conv3d

Convolutions and pools of the public clip networks, at half their resolution, in the CPU's lowering and in the native
one. On a CPU, the native gradient of a strided stem alone takes up to a minute and a half a step; each is timed three
times.
"""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.timing import compare, table
from jaxvid.ops import conv3d

# What it is in a network: shape of the input, of the kernel, strides.
DENSE = {
  "R(2+1)D stem": ((1, 8, 56, 56, 3), (1, 7, 7, 3, 45), (1, 2, 2)),
  "R(2+1)D space": ((1, 8, 28, 28, 64), (1, 3, 3, 64, 144), (1, 1, 1)),
  "R(2+1)D time": ((1, 8, 28, 28, 144), (3, 1, 1, 144, 64), (1, 1, 1)),
  "R(2+1)D time, strided": ((1, 8, 28, 28, 230), (3, 1, 1, 230, 128), (2, 1, 1)),
  "R(2+1)D shortcut": ((1, 8, 28, 28, 64), (1, 1, 1, 64, 128), (2, 2, 2)),
  "I3D stem": ((1, 8, 56, 56, 3), (7, 7, 7, 3, 64), (2, 2, 2)),
  "I3D 3x3x3": ((1, 4, 14, 14, 160), (3, 3, 3, 160, 320), (1, 1, 1)),
  "Slow pointwise": ((1, 8, 14, 14, 256), (1, 1, 1, 256, 1024), (1, 1, 1)),
  "Slow time": ((1, 8, 14, 14, 1024), (3, 1, 1, 1024, 256), (1, 1, 1)),
  "SlowFast fusion": ((1, 32, 28, 28, 8), (7, 1, 1, 8, 16), (4, 1, 1)),
}
DEPTHWISE = {
  "CSN early": ((1, 8, 28, 28, 64), (3, 3, 3, 1, 64), (1, 1, 1)),
  "CSN strided": ((1, 8, 28, 28, 128), (3, 3, 3, 1, 128), (2, 2, 2)),
  "CSN late": ((1, 4, 7, 7, 512), (3, 3, 3, 1, 512), (1, 1, 1)),
}
POOLS = {
  "ResNet stem pool": ((1, 8, 56, 56, 64), (1, 3, 3), (1, 2, 2)),
  "I3D pool, strided": ((1, 8, 28, 28, 480), (3, 3, 3), (2, 2, 2)),
  "I3D branch pool": ((1, 4, 14, 14, 512), (3, 3, 3), (1, 1, 1)),
}


def main():
  rng = np.random.default_rng(0)
  print(f"{jax.devices()[0].platform}, jax {jax.__version__}, median of 3, in turns\n")

  def array(shape):
    return jnp.asarray(rng.normal(size=shape), jnp.float32)

  def pads(shape, window, strides):
    return conv3d.pad_widths(shape[1:4], window, strides, "half")

  rows = []
  for name, (shape, kernel, strides) in DENSE.items():
    settings = strides, pads(shape, kernel[:3], strides)
    forms = {
      "frames": lambda x, k, s=settings: conv3d._dense_frames(x, k, *s),
      "native": lambda x, k, s=settings: conv3d._native(x, k, *s, 1),
    }
    rows += _rows(name, forms, (array(shape), array(kernel)))
  for name, (shape, kernel, strides) in DEPTHWISE.items():
    settings = strides, pads(shape, kernel[:3], strides)
    forms = {
      "shifted slices": lambda x, k, s=settings: conv3d._depthwise_shifts(x, k, *s),
      "native": lambda x, k, s=settings: conv3d._native(x, k, *s, x.shape[-1]),
    }
    rows += _rows(name, forms, (array(shape), array(kernel)))
  for name, (shape, window, strides) in POOLS.items():
    settings = window, strides, pads(shape, window, strides)
    forms = {
      "shifted slices": lambda x, s=settings: conv3d._max_pool_shifts(x, *s),
      "native": lambda x, s=settings: conv3d._max_pool_native(x, *s),
    }
    rows += _rows(name, forms, (array(shape),))
  print(table(("operation", "form", "forward ms", "gradient ms"), rows))


def _rows(name, forms, args):
  times = []
  for functions in (forms, {form: _gradient(function, len(args)) for form, function in forms.items()}):
    compiled = {form: jax.jit(function) for form, function in functions.items()}
    runs = {form: lambda f=f: jax.block_until_ready(f(*args)) for form, f in compiled.items()}
    times.append(compare(runs, repeats=3))
  return [(name, form, times[0][form], times[1][form]) for form in forms]


def _gradient(function, num_args):
  return jax.grad(lambda *args: jnp.sum(jnp.square(function(*args))), tuple(range(num_args)))


if __name__ == "__main__":
  main()
