"""How many functions say the types of all their arguments and of what they return: a floor for each package."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
FLOORS = {"jaxvid": 0.85, "data_prep": 1.0}


def functions(tree):
  """(function, whether it has self or cls) of a module and its classes; functions inside functions are left out."""
  for owner in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
    for node in owner.body:
      if isinstance(node, ast.FunctionDef):
        static = any(isinstance(item, ast.Name) and item.id == "staticmethod" for item in node.decorator_list)
        yield node, owner is not tree and not static


def is_annotated(function, is_method):
  args = function.args
  named = (args.posonlyargs + args.args)[int(is_method) :] + args.kwonlyargs
  return function.returns is not None and all(
    arg.annotation for arg in [*named, args.vararg, args.kwarg] if arg is not None
  )


def missing_and_count(package):
  missing, count = [], 0
  for path in sorted((ROOT / package).rglob("*.py")):
    # jaxvid/data_prep and jaxvid/configs are links to folders at the top.
    if package == "jaxvid" and path.relative_to(ROOT).parts[1] in ("configs", "data_prep"):
      continue
    for function, is_method in functions(ast.parse(path.read_text())):
      count += 1
      if not is_annotated(function, is_method):
        missing.append(f"{path.relative_to(ROOT)}:{function.lineno} {function.name}")
  return missing, count


@pytest.mark.parametrize("package", FLOORS)
def test_most_functions_are_annotated(package):
  missing, count = missing_and_count(package)
  share = 1 - len(missing) / count
  assert share >= FLOORS[package], f"{share:.1%} of {count} functions; without annotations:\n" + "\n".join(missing)


def test_what_counts_as_annotated():
  source = "class A:\n  def f(self, x: int, *rest: int) -> int: ...\n  def g(self, x) -> int: ...\ndef h(x: int): ...\n"
  assert [is_annotated(*found) for found in functions(ast.parse(source))] == [False, True, False]
