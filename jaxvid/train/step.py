"""The training step: one update, as a pure function for jit."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from jaxvid.array_types import Array
from jaxvid.tasks.base import AnyTask, Batch, Metrics
from jaxvid.train.state import TrainState

# Metrics that carry this prefix are gradient norms, one a part of the network.
GRAD_NORM = "grad_norm/"


def make_train_step(
  network: nn.Module,
  task: AnyTask,
  optimizer: optax.GradientTransformation,
  schedule: optax.Schedule,
  ema_decay: Callable[[Array], Array],
) -> Callable[[TrainState, Batch, Array], tuple[TrainState, Metrics]]:
  """Makes the training step, (state, batch, key) -> (state after one update, metrics), for jit with a donated state.

  The key is the same at every step; randomness is folded from it and the step's number. The metrics are the task's,
  "lr", "input_max" (the largest magnitude in the inputs, not finite if any of them is not), and the gradient norm
  before clipping, of the whole network ("grad_norm") and of each part ("grad_norm/head").
  """

  def train_step(state: TrainState, batch: Batch, key: Array) -> tuple[TrainState, Metrics]:
    inputs = task.inputs(batch)
    dropout_key = jax.random.fold_in(key, state.step)

    def loss_of(params):
      outputs, model_state = network.apply(
        {"params": params, **state.model_state},
        *inputs,
        train=True,
        rngs={"dropout": dropout_key},
        mutable=list(state.model_state),
      )
      loss, metrics, task_state = task.loss(outputs, batch, state.task_state, train=True)
      return loss, (metrics, task_state, model_state)

    # Gradients, the update, and the moving average of the parameters.
    gradients, (metrics, task_state, model_state) = jax.grad(loss_of, has_aux=True)(state.params)
    updates, opt_state = optimizer.update(gradients, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    decay = ema_decay(state.step)
    averaged = jax.tree.map(lambda average, new: decay * average + (1 - decay) * new, state.ema, params)
    # The new state, and metrics for the log.
    new_state = TrainState(
      step=state.step + 1,
      params=params,
      model_state=model_state,
      opt_state=opt_state,
      ema=averaged,
      task_state=task_state,
    )
    metrics = dict(metrics, lr=schedule(state.step), input_max=_largest(inputs), grad_norm=optax.tree.norm(gradients))
    metrics.update({GRAD_NORM + part: optax.tree.norm(tree) for part, tree in gradients.items()})
    return new_state, metrics

  return train_step


def _largest(inputs: Any) -> Array:
  """The largest magnitude in a tree of arrays, masks aside."""
  sizes = [jnp.max(jnp.abs(x.astype(jnp.float32))) for x in jax.tree.leaves(inputs) if x.dtype != bool]
  return jnp.max(jnp.stack(sizes))
