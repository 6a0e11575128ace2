"""Multiply-adds of a JAX function, as papers count them: those of its matrix products and convolutions.

XLA counts a compiled program differently: two operations for each multiply-add, elementwise work too, none where a
convolution meets its padding; and its count depends on the lowering.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
from jax.extend import core


def multiply_adds(function: Callable, *args: Any) -> int:
  """Counts the multiply-adds of `function` for arguments of these shapes; nothing is computed.

  Where a function has a lowering for each platform, the costliest counts: a convolution written as shifted slices shows
  no multiply-adds.

  Args:
    function: of arrays.
    args: arrays, or jax.ShapeDtypeStruct.

  Raises:
    ValueError: a loop whose length is not known beforehand holds multiply-adds.
  """
  return _count(jax.make_jaxpr(function)(*args).jaxpr)


def _count(jaxpr: core.Jaxpr) -> int:
  return sum(_count_equation(equation) for equation in jaxpr.eqns)


def _count_equation(equation: core.JaxprEqn) -> int:
  name, params = equation.primitive.name, equation.params
  if name == "dot_general":
    (contracted, _), _ = params["dimension_numbers"]
    shape = equation.invars[0].aval.shape
    return equation.outvars[0].aval.size * math.prod(shape[axis] for axis in contracted)
  if name == "conv_general_dilated":
    kernel, spec = equation.invars[1].aval, params["dimension_numbers"].rhs_spec
    return equation.outvars[0].aval.size * (kernel.size // kernel.shape[spec[0]])
  if name == "scan":
    return params["length"] * _count(params["jaxpr"].jaxpr)
  if name == "cond":
    return max(_count(branch.jaxpr) for branch in params["branches"])
  if name == "while":
    if _count(params["body_jaxpr"].jaxpr):
      raise ValueError("a loop whose length is not known beforehand holds multiply-adds: they cannot be counted")
    return 0
  return sum(_count(inner) for inner in _inner(params))


def _inner(params: Mapping[str, Any]) -> Iterator[core.Jaxpr]:
  """The jaxprs inside an equation's parameters, such as those of a call."""
  for value in params.values():
    for item in value if isinstance(value, tuple | list) else (value,):
      if isinstance(item, core.ClosedJaxpr):
        yield item.jaxpr
      elif isinstance(item, core.Jaxpr):
        yield item
