"""Where arrays lie: the mesh of devices, and the sharding of batches, of the training state and of evaluation.

Data parallelism: batches are split over the devices, parameters replicated. No other file knows that.
"""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from jaxvid.array_types import Array
from jaxvid.train.experiment import Train

_DATA = "data"


def make_mesh(batch_size: int, settings: Train) -> Mesh:
  """A mesh with one axis, "data", over config.train.num_devices devices (all by default).

  Raises:
    ValueError: there are not so many devices, or they do not divide the batch size.
  """
  num_devices = settings.num_devices
  devices = jax.devices()[:num_devices]
  if num_devices and len(devices) < num_devices:
    raise ValueError(
      f"config.train.num_devices: {num_devices}, but there are {len(devices)} devices; give fewer, or None"
    )
  if batch_size % len(devices):
    raise ValueError(
      f"config.data.batch_size: {batch_size} cannot be split over {len(devices)} devices; make it a multiple, "
      "or set config.train.num_devices"
    )
  # Auto: the compiler places the arrays inside the training step; jax.make_mesh's own default is Explicit.
  return jax.make_mesh((len(devices),), (_DATA,), axis_types=(AxisType.Auto,), devices=devices)


def replicated_sharding(mesh: Mesh) -> NamedSharding:
  """The sharding that keeps a copy on every device."""
  return NamedSharding(mesh, PartitionSpec())


def state_sharding(state: Any, mesh: Mesh) -> Any:
  """The sharding of each array of a training state, in its structure: replicated.

  Args:
    state: the arrays' shapes.
    mesh: as `make_mesh` makes it.
  """
  return jax.tree.map(lambda _: replicated_sharding(mesh), state)


def unshard(variables: Any) -> Any:
  """The same arrays whole on every device, as evaluation takes them; those that are so already stay what they are."""

  def whole(array: Array) -> Array:
    sharding = array.sharding
    if array.is_fully_replicated or not isinstance(sharding, NamedSharding):
      return array
    return jax.device_put(array, NamedSharding(sharding.mesh, PartitionSpec()))

  return jax.tree.map(whole, variables)


def batch_sharding(mesh: Mesh) -> NamedSharding:
  """The sharding that splits the first axis over the devices."""
  return NamedSharding(mesh, PartitionSpec(_DATA))


def put_batch(batch: Mapping[str, np.ndarray], mesh: Mesh) -> dict[str, Array]:
  """Puts this process's share of a batch on its devices, as part of the global batch."""
  sharding = batch_sharding(mesh)
  return {name: jax.make_array_from_process_local_data(sharding, array) for name, array in batch.items()}
