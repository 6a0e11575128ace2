"""Action-Guided Attention beside a causal Transformer of the same width: a step of many streams, and a training step.

  python -m benchmarks.anticipation
  python -m benchmarks.anticipation --streams=64 --width=1024 --classes=3806 --window=16

Both keep the last steps: the Transformer a cache of keys and values a block, Action-Guided Attention its queue. Times
are medians of runs in turns.
"""

import argparse

import jax
import jax.numpy as jnp
import optax

from benchmarks.timing import compare, table
from jaxvid.models.anticipation.anticipators import action_guided, causal_transformer
from jaxvid.models.anticipation.network import AnticipationNetwork


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--streams", type=int, default=64)
  parser.add_argument("--width", type=int, default=512)
  parser.add_argument("--dim", type=int, default=1024, help="of the features")
  parser.add_argument("--classes", type=int, default=3806)
  parser.add_argument("--window", type=int, default=16, help="steps of the past")
  parser.add_argument("--layers", type=int, default=2, help="of the Transformer")
  parser.add_argument("--batch", type=int, default=32, help="windows of a training step, one step longer than --window")
  parser.add_argument("--repeats", type=int, default=15)
  args = parser.parse_args()

  size = dict(num_classes=args.classes, width=args.width, num_heads=8)
  transformer = causal_transformer.Model(**size, num_layers=args.layers, window=args.window + 1)
  models = {
    "Action-Guided Attention": action_guided.Model(**size, window=args.window),
    "with gradient through what is fed back": action_guided.Model(**size, window=args.window, feedback_gradient=True),
    "causal Transformer": transformer,
  }
  features = jax.random.normal(jax.random.key(0), (args.batch, args.window + 1, args.dim))
  mask = jnp.ones(features.shape[:2], bool)
  stream = jax.random.normal(jax.random.key(1), (args.streams, args.dim))
  steps, trainings, sizes = {}, {}, {}
  for name, model in models.items():
    network = AnticipationNetwork(model)
    variables = jax.jit(network.init)(jax.random.key(2), features, mask)
    sizes[name] = sum(x.size for x in jax.tree.leaves(variables))
    steps[name] = _stream(network, variables, stream)
    trainings[name] = _training(network, variables, features, mask)
  steps.pop("with gradient through what is fed back")  # Streams have no gradient.

  print(f"{jax.default_backend()}; width {args.width}, {args.classes:,} classes, a past of {args.window} steps\n")
  for title, runs in ((f"a step of {args.streams} streams", steps), (f"training, {args.batch} windows", trainings)):
    times = compare(runs, args.repeats)
    rows = [(name, f"{sizes[name]:,}", ms, ms / times["causal Transformer"]) for name, ms in times.items()]
    print(table((title, "parameters", "ms", "of the Transformer's"), rows), end="\n\n")


def _stream(network, variables, features):
  """One step on the state that the last call left; the state starts filled, as after a while."""
  step = jax.jit(lambda v, s, x, valid: network.apply(v, s, x, valid, method="step"), donate_argnums=1)
  valid = jnp.ones(len(features), bool)
  state = [network.init_state(len(features))]
  for _ in range(40):
    state[0], _ = step(variables, state[0], features, valid)

  def run():
    state[0], outputs = step(variables, state[0], features, valid)
    jax.block_until_ready((state[0], outputs.logits))

  return run


def _training(network, variables, features, mask):
  """Loss at every step and its gradient."""
  labels = jnp.zeros(mask.shape, int)

  def loss(variables):
    logits = network.apply(variables, features, mask, train=True, rngs={"dropout": jax.random.key(0)}).logits
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

  gradient = jax.jit(jax.grad(loss))
  return lambda: jax.block_until_ready(gradient(variables))


if __name__ == "__main__":
  main()
