"""Data parallelism: batches split over the devices, parameters on each of them."""

from collections.abc import Mapping

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from jaxvid.array_types import Array

_DATA = "data"


def make_mesh(batch_size: int, num_devices: int | None = None) -> Mesh:
  """A mesh with one axis, "data", over `num_devices` devices (all of them by default)."""
  devices = jax.devices()[:num_devices]
  if num_devices and len(devices) < num_devices:
    raise ValueError(f"config.train.num_devices: {num_devices} asked for, {len(devices)} there")
  if batch_size % len(devices):
    raise ValueError(
      f"config.data.batch_size: {batch_size} cannot be split over {len(devices)} devices; make it a multiple, "
      "or set config.train.num_devices"
    )
  # Auto: the compiler places what is inside the step; jax.make_mesh would default to Explicit.
  return jax.make_mesh((len(devices),), (_DATA,), axis_types=(AxisType.Auto,), devices=devices)


def replicated(mesh: Mesh) -> NamedSharding:
  """A copy on every device."""
  return NamedSharding(mesh, PartitionSpec())


def split_batch(mesh: Mesh) -> NamedSharding:
  """The first axis split over the devices."""
  return NamedSharding(mesh, PartitionSpec(_DATA))


def put_batch(batch: Mapping[str, np.ndarray], mesh: Mesh) -> dict[str, Array]:
  """This process's share of a batch as part of the global one."""
  sharding = split_batch(mesh)
  return {name: jax.make_array_from_process_local_data(sharding, array) for name, array in batch.items()}
