"""What every backbone, neck, head and anticipator keeps to; a new file is tested once it has its TINY settings."""

import dataclasses
import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import parts
from jaxvid.build import SCHEDULES, build, find_file, types
from jaxvid.models.localization.outputs import Pyramid
from jaxvid.models.recognition.outputs import ClipFeatures

CLASSES, CHANNELS, STEPS, LENGTHS = 3, 8, 16, (11, 16)
FIRST = np.array([True, False])  # Of the two examples of a batch.
# Clip backbones are no faster to compile for being tiny: some tests of theirs are slow ones.
COSTLY = "recognition.backbones"


def every(*slow):
  """Parametrises over all parts of all registries; those of the `slow` registries are slow tests."""
  found = []
  for registry in parts.network_registries():
    short = registry.removeprefix("jaxvid.models.")
    marks = pytest.mark.slow if short in slow else ()
    found += [pytest.param(registry, name, id=f"{short}.{name}", marks=marks) for name in types(registry)]
  return pytest.mark.parametrize("registry, name", found)


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
  """What goes into the parts of a registry, and what comes out.

  Attributes:
    inputs: (rng, other) -> arguments; `other` changes all that the outputs must not depend on: more padding, with
      something in it; the other clips of the batch.
    values: (outputs, arguments) -> pairs of an array of the outputs and the mask of its valid part.
    given: arguments of the constructor beside the settings.
    dtype: of the values if the setting dtype is bfloat16; None where the network makes them float32.
  """

  inputs: Callable[[np.random.Generator, bool], tuple]
  values: Callable[[Any, tuple], list[tuple[Any, Any]]]
  given: dict[str, Any]
  dtype: str | None


def steps_of(other):
  """Mask of the steps of two sequences, 11 and 16 long."""
  return np.arange(2 * STEPS if other else STEPS) < np.array(LENGTHS)[:, None]


def fill(rng, mask, other):
  """Features of these steps; padded ones are zero or, in the `other` inputs, are not."""
  features = np.full((*mask.shape, CHANNELS), 1e3 if other else 0, np.float32)
  features[mask] = rng.normal(size=(mask.sum(), CHANNELS))
  return features


def sequences(rng, other):
  mask = steps_of(other)
  return fill(rng, mask, other), mask


def pyramid(rng, other):
  strides = (1, 2)
  masks = tuple(steps_of(other)[:, ::stride] for stride in strides)
  return (Pyramid(tuple(fill(rng, mask, other) for mask in masks), masks, strides),)


def clips(rng, other, shape=(8, 16, 16, 3)):
  first, second, third = rng.normal(size=(3, *shape)).astype(np.float32)
  return (np.stack([first, third if other else second]),)


def clip_features(rng, other):
  (x,) = clips(rng, other, (3, 2, 2, CHANNELS))
  return (ClipFeatures({"last": x}, (x,)),)


def head_values(out, args):
  """Everything that a head says of the points of each level, and the offsets that it stands for."""
  fields = [getattr(out, field.name) for field in dataclasses.fields(out)]
  ends = np.cumsum([mask.shape[1] for mask in out.masks])[:-1]
  levels = [value for value in fields if isinstance(value, tuple)] + [jnp.split(out.class_offsets(), ends, axis=1)]
  return [pair for value in levels for pair in zip(value, out.masks, strict=True)]


def levels(out, args):
  return list(zip(out.features, out.masks, strict=True))


CASES = {
  "localization.backbones": Case(sequences, levels, {}, "bfloat16"),
  "localization.necks": Case(pyramid, levels, {}, "bfloat16"),
  "localization.heads": Case(pyramid, head_values, dict(num_classes=CLASSES), None),
  "recognition.backbones": Case(clips, lambda out, args: [(x, FIRST) for x in out.stages.values()], {}, "bfloat16"),
  "recognition.heads": Case(
    clip_features,
    lambda out, args: [(x, FIRST) for x in (out.logits, out.pooled)],
    dict(num_classes=CLASSES),
    "float32",
  ),
  "anticipation.anticipators": Case(
    sequences, lambda out, args: [(out.logits, args[1])], dict(num_classes=CLASSES), "float32"
  ),
}


class Part(NamedTuple):
  """A part of TINY settings: its module, and the case of its registry."""

  module: Any
  case: Case

  def inputs(self, other=False):
    return self.case.inputs(np.random.default_rng(0), other)

  def train(self, train):
    """The argument of that name, where there is one."""
    return dict(train=train) if "train" in inspect.signature(type(self.module).__call__).parameters else {}

  def apply(self, variables, args, train=False, **more):
    return nn.Module.apply(self.module, variables, *args, **self.train(train), **more)

  def values(self, variables, args):
    return self.case.values(self.apply(variables, args), args)

  def shapes(self):
    # Not self.module.init: a setting may be called so.
    init = functools.partial(nn.Module.init, self.module, **self.train(False))
    return dict(jax.eval_shape(init, jax.random.key(0), *self.inputs()))

  def variables(self, seed=0):
    """Parameters as after long training, no bias zero and no scale one; statistics unlike those of the start."""
    rng = np.random.default_rng(seed)
    spread = lambda x: np.sqrt(max(x.size / x.shape[-1], 4))  # noqa: E731
    random = lambda x: np.asarray(rng.normal(size=x.shape) / spread(x) + 0.1, x.dtype)  # noqa: E731
    positive = lambda x: np.float32(rng.uniform(0.5, 1.5, x.shape))  # noqa: E731
    shapes = self.shapes()
    params = jax.tree.map(random, shapes.pop("params", {}))
    return {"params": params, **jax.tree.map(positive, shapes)}


def make(registry, name, **settings):
  short = registry.removeprefix("jaxvid.models.")
  assert short in CASES, f"{registry}: say in CASES of {__file__} what goes into its parts and what comes out"
  spec = dict(parts.tiny(registry, name), type=name, **settings)
  return Part(build(registry, spec, name, **CASES[short].given), CASES[short])


@functools.partial(jax.jit, static_argnums=0)
def run(part, variables, args):
  return part.values(variables, args)


def assert_equal(values, others, tolerance=2e-5):
  for (a, valid), (b, valid_of_b) in zip(values, others, strict=True):
    a, b = np.asarray(a)[np.asarray(valid)], np.asarray(b)[np.asarray(valid_of_b)]
    assert np.isfinite(a).all()
    np.testing.assert_allclose(a, b, atol=tolerance * max(1, np.abs(a).max()))


@every()
def test_no_valid_output_depends_on_padding_or_on_other_examples(registry, name):
  part = make(registry, name)
  variables = part.variables()
  assert_equal(*(run(part, variables, part.inputs(other)) for other in (False, True)))


@pytest.mark.slow
@every()
def test_jit_equals_no_jit(registry, name):
  part = make(registry, name)
  variables, args = part.variables(), part.inputs()
  with jax.disable_jit():
    plain = part.values(variables, args)
  assert_equal(run(part, variables, args), plain, 1e-4)


@functools.partial(jax.jit, static_argnums=0)
def gradients(part, variables, args):
  """(gradient of the parameters in a training step, its change of the other collections)."""
  others = {name: tree for name, tree in variables.items() if name != "params"}

  def loss(params):
    key = jax.random.key(0)
    out, changed = part.apply(
      {"params": params, **others}, args, train=True, rngs={"dropout": key}, mutable=list(others)
    )
    total = 0.0
    for x, valid in part.case.values(out, args):
      weights = jax.random.normal(jax.random.key(1), x.shape)
      valid = jnp.asarray(valid).reshape(*valid.shape, *[1] * (x.ndim - valid.ndim))
      total += jnp.where(valid, x * weights, 0).sum()
    return total, changed

  return jax.grad(loss, has_aux=True)(variables["params"])


@every(COSTLY)
def test_a_gradient_reaches_every_parameter_and_every_statistic_moves(registry, name):
  part = make(registry, name)
  largest, moved = {}, {}
  for seed in (0, 1):  # A ReLU may be closed for all of a few steps.
    variables = part.variables(seed)
    found, changed = gradients(part, variables, part.inputs())
    for path, gradient in flax.traverse_util.flatten_dict(found, sep="/").items():
      largest[path] = max(largest.get(path, 0.0), float(np.abs(gradient).max()))
    for path, values in flax.traverse_util.flatten_dict(changed, sep="/").items():
      before = flax.traverse_util.flatten_dict(dict(variables), sep="/")[path]
      moved[path] = moved.get(path, False) or bool(np.any(values != before))
  floor = 1e-5 * max(largest.values(), default=0.0)
  without = {path for path, value in largest.items() if not value > floor}
  excepted = getattr(find_file(registry, name, "a test"), "NO_GRADIENT", {})
  known = {path for path in largest if any(path.endswith(end) for end in excepted)}
  assert without == known, "NO_GRADIENT in the part's file says which parameters get none, and why"
  assert all(moved.values()), [path for path, value in moved.items() if not value]


@every()
def test_bfloat16_is_of_the_computation_and_parameters_are_float32(registry, name):
  part = make(registry, name, dtype="bfloat16")
  assert {x.dtype for x in jax.tree.leaves(part.shapes())} <= {np.dtype("float32")}
  program, values = jax.make_jaxpr(part.values, return_shape=True)(part.variables(), part.inputs())
  products = re.findall(r":(\w+)\[[^]]*\] = (?:dot_general|conv_general_dilated)\[", str(program))
  assert "bf16" in products or not products
  assert {x.dtype for x, _ in values} == {np.dtype(part.case.dtype)} or part.case.dtype is None


@pytest.mark.parametrize("name", types(SCHEDULES))
def test_a_schedule_warms_up_to_its_peak_and_stays_below_it(name):
  """Of 6 epochs of 10 training steps, inside jit and outside."""
  schedule = build(SCHEDULES, dict(parts.tiny(SCHEDULES, name), type=name), name).make(0.5, 10, 6)
  steps = np.arange(61)
  rates = np.array([float(schedule(step)) for step in steps])
  assert np.isfinite(rates).all() and (rates >= 0).all() and rates.max() == pytest.approx(0.5)
  assert (np.diff(rates[:10]) > 0).all() and rates[0] < 0.1, "one epoch of warm-up"
  assert (np.diff(rates[9:]) <= 1e-7).all()
  np.testing.assert_allclose(jax.jit(jax.vmap(schedule))(steps), rates, rtol=1e-6, atol=1e-8)


def test_a_new_file_without_settings_is_told_what_to_add(monkeypatch):
  registry = parts.network_registries()[0]
  monkeypatch.delattr(f"{registry}.{types(registry)[0]}.TINY")
  with pytest.raises(pytest.fail.Exception, match="has no TINY. Below its imports, add the smallest settings of Model"):
    make(registry, types(registry)[0])
