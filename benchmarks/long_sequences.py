"""Does the local transformer's cost grow linearly with the sequence, and how does it stand beside PyTorch?

  python -m benchmarks.long_sequences                 # width 128
  python -m benchmarks.long_sequences --width=512     # THUMOS14's model

Times the forward pass of ActionFormer's network (backbone, neck, heads) at T = 2,304 and T = 18,432, with the memory
that the compiled program takes beside its arguments, and the same network in PyTorch (benchmarks/torch_actionformer.py)
where torch is installed. Exits with an error if time or memory grows ninefold or more: eight times the sequence, eight
times the cost, is linear.
"""

import argparse
import importlib.util
import sys

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.timing import compare, table
from jaxvid.tasks.base import build_network

SHORT, LONG = 2304, 18432
LIMIT = 9.0
DIM, CLASSES, HEADS, WINDOW = 2048, 20, 4, 19


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--width", type=int, default=128)
  parser.add_argument("--repeats", type=int, default=5)
  args = parser.parse_args()

  backbone = dict(type="local_transformer", width=args.width, num_heads=HEADS, window=WINDOW)
  head = dict(type="point", width=args.width)
  network = build_network(dict(backbone=backbone, neck=dict(type="identity"), head=head), CLASSES)
  example = jnp.zeros((1, 64, DIM)), jnp.ones((1, 64), bool)
  variables = jax.jit(network.init)(jax.random.key(0), *example)

  forms, memory = {}, {}
  for steps in (SHORT, LONG):
    features = jnp.asarray(np.random.default_rng(0).normal(size=(1, steps, DIM)), jnp.float32)
    mask = jnp.ones((1, steps), bool)
    compiled = jax.jit(network.apply).lower(variables, features, mask).compile()
    memory[steps] = compiled.memory_analysis().temp_size_in_bytes / 2**20
    forms["jaxvid", steps] = lambda f=compiled, x=features, m=mask: jax.block_until_ready(f(variables, x, m))
  if importlib.util.find_spec("torch"):
    import torch

    from benchmarks.torch_actionformer import ActionFormer

    torch.manual_seed(0)
    model = ActionFormer(DIM, args.width, HEADS, WINDOW, CLASSES).eval()
    for steps in (SHORT, LONG):
      features = torch.randn(1, DIM, steps)
      forms["torch", steps] = lambda x=features: _without_grad(model, x)

  times = compare(forms, args.repeats)
  rows = []
  for name in dict.fromkeys(name for name, _ in forms):
    short, long = times[name, SHORT], times[name, LONG]
    rows.append((f"{name}, forward ms", short, long, long / short))
  rows.append(("jaxvid, memory MiB", memory[SHORT], memory[LONG], memory[LONG] / memory[SHORT]))
  print(f"width {args.width}, {jax.devices()[0].platform}, jax {jax.__version__}, median of {args.repeats}, in turns\n")
  print(table(("", f"T = {SHORT:,}", f"T = {LONG:,}", "ratio"), rows))
  grown = [row[0] for row in rows if row[0].startswith("jaxvid") and row[3] >= LIMIT]
  if grown:
    sys.exit(f"\nnot linear: {', '.join(grown)} grew {LIMIT:g} times or more")


def _without_grad(model, features):
  import torch

  with torch.inference_mode():
    model(features)


if __name__ == "__main__":
  main()
