"""The training state: all that one training step hands to the next, as one pytree."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp
import optax

from jaxvid.array_types import Array
from jaxvid.tasks.base import AnyTask


@flax.struct.dataclass
class TrainState:
  """The state after `step` updates. Randomness is not in it: it is folded from the seed and the step.

  Attributes:
    step: updates made; also the data position, since step k always sees the same batch.
    params: the network's parameters.
    model_state: its other collections (batch norm statistics); empty where it has none.
    opt_state: the optimizer's.
    ema: exponential moving average of the parameters, which evaluation uses.
    task_state: the task's, such as the running count of positives.
  """

  step: Array
  params: Any
  model_state: Any
  opt_state: Any
  ema: Any
  task_state: Any


def create_state(
  network: nn.Module,
  task: AnyTask,
  optimizer: optax.GradientTransformation,
  inputs: tuple,
  seed: int,
  sharding: Callable[[TrainState], Any] | None = None,
) -> TrainState:
  """The state before the first update.

  Args:
    network, task, optimizer: to train.
    inputs: arguments of the network, arrays or their shapes.
    seed: of the initial parameters.
    sharding: shapes of the state -> sharding of each array; None leaves it to JAX.
  """

  def init(seed):
    zeros = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), inputs)
    variables = network.init(jax.random.key(seed), *zeros)
    params = variables.pop("params")
    return TrainState(
      step=jnp.int32(0),
      params=params,
      model_state=variables,
      opt_state=optimizer.init(params),
      ema=jax.tree.map(jnp.copy, params),
      task_state=task.init_state(),
    )

  shardings = sharding(jax.eval_shape(init, seed)) if sharding else None
  return jax.jit(init, out_shardings=shardings)(seed)
