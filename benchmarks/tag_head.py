"""What propagation and pooling cost beside the rest of TAG-Head, and the closed form beside the iteration.

  python -m benchmarks.tag_head
  python -m benchmarks.tag_head --frames=8 --side=14 --channels=2048 --batch=2

Times are medians of runs in turns, forward alone; the head is that of the paper's Table 5.
"""

import argparse

import jax
import jax.numpy as jnp

from benchmarks.timing import compare, table
from jaxvid.models.recognition.heads.tag import Model
from jaxvid.models.recognition.outputs import ClipFeatures
from jaxvid.ops import appnp


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--batch", type=int, default=8)
  parser.add_argument("--frames", type=int, default=4)
  parser.add_argument("--side", type=int, default=7, help="places in a row and in a column")
  parser.add_argument("--channels", type=int, default=512)
  parser.add_argument("--repeats", type=int, default=20)
  args = parser.parse_args()

  shape = (args.batch, args.frames, args.side, args.side, args.channels)
  last = jax.random.normal(jax.random.key(0), shape)
  features = ClipFeatures({"last": last}, (last,))
  head = Model(num_classes=500, mlp_width=2048)
  variables = jax.jit(head.init)(jax.random.key(1), features)
  nodes = last.reshape(args.batch, args.frames, args.side**2, args.channels)
  graph = appnp.Graph()
  whole = jax.jit(lambda variables, features: head.apply(variables, features).logits)
  functions = {
    "propagation and pooling, closed form": jax.jit(lambda x: appnp.propagate_and_average(x, graph)),
    "propagation of every node, closed form": jax.jit(lambda x: appnp.propagate(x, graph)),
    "propagation and pooling, iteration": jax.jit(lambda x: appnp.propagate_over_edges(x, graph).mean((1, 2))),
    "pooling alone": jax.jit(lambda x: jnp.mean(x, (1, 2))),
  }
  # As arguments, so that nothing is computed at compilation.
  runs = {name: lambda f=f: jax.block_until_ready(f(nodes)) for name, f in functions.items()}
  runs = {"the head": lambda: jax.block_until_ready(whole(variables, features)), **runs}
  times = compare(runs, args.repeats)
  rows = [(name, value, 100 * value / times["the head"]) for name, value in times.items()]
  print(f"features {shape}, {jax.default_backend()}\n")
  print(table(("", "ms", "% of the head"), rows))


if __name__ == "__main__":
  main()
