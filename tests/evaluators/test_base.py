"""Every evaluator keeps to the protocol."""

import dataclasses
import inspect

import pytest

from jaxvid.build import EVALUATORS, constructor, types
from jaxvid.evaluators.base import AnyEvaluator

METHODS = [name for name, _ in inspect.getmembers(AnyEvaluator, inspect.isfunction) if not name.startswith("_")]


def test_the_protocol_is_no_evaluator():
  assert METHODS == ["check", "columns", "run", "score", "summary"] and "base" not in types(EVALUATORS)


@pytest.mark.parametrize("name", types(EVALUATORS))
def test_frozen_settings_and_the_protocols_methods(name):
  evaluator = constructor(EVALUATORS, name, "config.eval")
  assert isinstance(evaluator(split="val").split, str)
  with pytest.raises(dataclasses.FrozenInstanceError):
    evaluator().split = "train"
  for method in METHODS:
    parameters = inspect.signature(getattr(evaluator, method)).parameters
    expected = inspect.signature(getattr(AnyEvaluator, method)).parameters
    assert [(p.name, p.default) for p in parameters.values()] == [(p.name, p.default) for p in expected.values()]
