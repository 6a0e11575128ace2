"""Public clip networks: what the golden ones compute, and every tensor there and back."""

import zlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import golden
import golden_clips
from jaxvid.models.recognition.backbones import csn, i3d, r2plus1d, slow, slowfast
from jaxvid.models.recognition.heads import pool
from jaxvid.weights import clip_backbones
from jaxvid.weights.clip_backbones import export_tensors, import_variables
from jaxvid.weights.rules import WeightsError, slots
from models.tiny_clips import ClipNetwork, network

# Golden case -> backbone, window of the head.
GOLDEN = {
  "r2plus1d_18": (r2plus1d.Model(depth=18), None),
  "r2plus1d_34_vmz": (r2plus1d.Model(), None),
  "i3d_inception": (i3d.Model(), (2, 7, 7)),
  "slow_r50": (slow.Model(), (8, 7, 7)),
}
# Some names of the networks without a golden case, as pytorchvideo has them.
NAMES = {
  "slowfast": {
    "blocks.0.multipathway_blocks.1.conv.weight": (8, 3, 5, 7, 7),
    "blocks.0.multipathway_fusion.conv_fast_to_slow.weight": (16, 8, 7, 1, 1),
    "blocks.3.multipathway_fusion.norm.num_batches_tracked": (),
    "blocks.1.multipathway_blocks.0.res_blocks.0.branch1_conv.weight": (256, 80, 1, 1, 1),
    "blocks.4.multipathway_blocks.1.res_blocks.2.branch2.norm_c.running_var": (256,),
    "blocks.6.proj.weight": (400, 2304),
  },
  "csn": {"blocks.3.res_blocks.22.branch2.conv_b.weight": (256, 1, 3, 3, 3)},
}
SLOW = ("r2plus1d_34_vmz", "i3d_inception", "slow_r50")  # The first alone costs what a default test may.


def shapes_of(model, shape):
  return jax.eval_shape(model.init, jax.random.key(0), jax.ShapeDtypeStruct(tuple(shape), jnp.float32))


def backbone_type(model):
  return type(model.backbone).__module__.rsplit(".", 1)[-1]


def public_tensors(name, shapes):
  """A state dict of the network with these shapes, all tensors different."""
  places = slots(clip_backbones.RULES[name], shapes)
  tensors = {
    tensor: (np.arange(np.prod(place.shape), dtype=np.float32) + zlib.crc32(tensor.encode()) % 997).reshape(place.shape)
    for tensor, place in places.items()
  }
  means = [tensor for tensor in tensors if tensor.endswith("running_mean")]
  return tensors | {mean.replace("running_mean", "num_batches_tracked"): np.zeros((), np.int64) for mean in means}


def assert_same_bits(ours, theirs):
  assert set(ours) == set(theirs)
  for name, array in theirs.items():
    assert ours[name].dtype == array.dtype, name
    np.testing.assert_array_equal(ours[name], array, err_msg=name)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in GOLDEN])
def test_golden(name):
  case, arrays, tensors, clip = golden_clips.load(name)
  backbone, window = GOLDEN[name]
  num_classes = arrays["logits"].shape[1]
  model = ClipNetwork(backbone, pool.Model(num_classes, window))
  shapes = shapes_of(model, clip.shape)
  assert sum(x.size for x in jax.tree.leaves(shapes["params"])) == case["parameters"]
  variables = import_variables(tensors, backbone_type(model), shapes)
  assert_same_bits(export_tensors(variables, backbone_type(model)), tensors)

  out = jax.jit(model.apply)(variables, clip)
  logits = arrays["logits"] if arrays["logits"].ndim == 2 else arrays["logits"].mean(-1)  # Of the I3D, a step each.
  golden.assert_close(out.logits, logits, 1e-4, "logits")
  if "features" in arrays:
    features = arrays["features"].mean((2, 3, 4))
    golden.assert_close(out.pooled, features, 1e-4, "pooled features")
  for i in range(sum(key.endswith("channel_mean") for key in arrays)):
    stage = np.asarray(out.features.stages[f"stage_{i}"])
    assert stage.shape == tuple(arrays[f"stage{i}_shape"])
    golden.assert_close(stage.mean((1, 2, 3)), arrays[f"stage{i}_channel_mean"], 1e-4, f"stage {i}")


@pytest.mark.parametrize(
  "backbone, num_parameters",
  [
    (r2plus1d.Model(), 63_491_975 + 513 * 400),
    pytest.param(i3d.Model(), 12_697_264, marks=pytest.mark.slow),
    (slowfast.Model(), 34_566_488),
    pytest.param(csn.Model(), 22_213_776, marks=pytest.mark.slow),
  ],
  ids=["r2plus1d", "i3d", "slowfast", "csn"],
)
def test_published_networks_there_and_back(backbone, num_parameters):
  model = ClipNetwork(backbone, pool.Model(400))
  shapes = shapes_of(model, (1, 8, 32, 32, 3))
  assert sum(x.size for x in jax.tree.leaves(shapes["params"])) == num_parameters
  assert {x.ndim for x in jax.tree.leaves(shapes["batch_stats"])} == {1}
  tensors = public_tensors(backbone_type(model), shapes)
  for name, shape in NAMES.get(backbone_type(model), {}).items():
    assert tensors[name].shape == shape
  prefixed = {f"module.{name}": array for name, array in tensors.items()}
  variables = import_variables(prefixed, backbone_type(model), shapes)
  assert jax.tree.map(lambda x: (x.shape, x.dtype), variables) == jax.tree.map(lambda x: (x.shape, x.dtype), shapes)
  assert_same_bits(export_tensors(variables, backbone_type(model)), tensors)


def test_old_files_without_counters_are_taken_too():
  model, shape = network("slow")
  shapes = shapes_of(model, shape)
  tensors = public_tensors("slow", shapes)
  old = {name: array for name, array in tensors.items() if not name.endswith("num_batches_tracked")}
  assert len(old) < len(tensors)
  assert_same_bits(export_tensors(import_variables(old, "slow", shapes), "slow"), tensors)


def test_every_misfit_is_named():
  model, shape = network("slow")
  shapes = shapes_of(model, shape)
  tensors = public_tensors("slow", shapes)
  del tensors["blocks.0.norm.bias"]
  tensors["blocks.9.num_batches_tracked"] = np.zeros((), np.int64)
  tensors["blocks.5.proj.weight"] = np.zeros((5, 128), np.float32)
  with pytest.raises(WeightsError) as error:
    import_variables(tensors, "slow", shapes)
  for name in (
    "blocks.0.norm.bias: missing",
    "blocks.9.num_batches_tracked: the model has no",
    "blocks.5.proj.weight: sh",
  ):
    assert name in str(error.value)
  with pytest.raises(WeightsError, match='backbone "from_features", only for: r2plus1d, i3d, slow, slowfast, csn'):
    import_variables(tensors, "from_features", shapes)


def test_an_i3d_without_scales_takes_scales_of_one_alone():
  model, shape = network("i3d", norm_scale=False)
  shapes = shapes_of(model, shape)
  tensors = public_tensors("i3d", shapes_of(network("i3d")[0], shape))
  with pytest.raises(WeightsError, match=r"Conv3d_1a_7x7.bn.weight: not all one, .* norm_scale=True"):
    import_variables(tensors, "i3d", shapes)
  tensors |= {k: np.ones_like(v) for k, v in tensors.items() if k.endswith("bn.weight")}
  assert_same_bits(export_tensors(import_variables(tensors, "i3d", shapes), "i3d"), tensors)
  del tensors["Conv3d_2b_1x1.bn.weight"]
  with pytest.raises(WeightsError, match="Conv3d_2b_1x1.bn.weight: missing"):
    import_variables(tensors, "i3d", shapes)
