"""From features to detections: jaxvid beside the PyTorch code of ActionFormer or TriDet, the same weights in both.

  python -m benchmarks.prediction --reference=PATH_TO_ACTIONFORMER_OR_TRIDET

--reference is a checkout of ActionFormer (github.com/happyharrycn/actionformer_release) or TriDet
(github.com/dingfengshi/TriDet) with its C++ suppression built; besides torch it imports pandas, joblib and PyYAML. Its
configs/thumos_i3d.yaml is translated, and its model's weights imported, by jaxvid.convert. The weights are random, but
scores spread and segments overlap as those of a trained model do: otherwise there would be nothing to suppress.

For each length: the network, decoding and suppression, and both from the features to detections in main memory; the
forms take turns in one run, with as many threads as there are cores. Our programs are compiled before, once a length.
Exits with an error if the two networks, or their detections, differ.
"""

import argparse
import os
import pathlib
import sys
import time

import jax
import numpy as np

from benchmarks.timing import compare, table
from jaxvid import convert
from jaxvid.evaluation.detections import valid
from jaxvid.evaluation.predictor import Predictor
from jaxvid.tasks.base import build_network
from jaxvid.tasks.localization import Task
from jaxvid.weights.reference_yaml import translate

FPS, STRIDE, NUM_FRAMES = 30.0, 4.0, 16.0
TOLERANCE = 1e-3  # Of logits, relative to the largest; the weights are far from what training makes of them.
SPREAD, REACH = 2.0, 2.0  # Standard deviation of the logits; distance of a point to start and end, in strides.


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--reference", required=True, type=pathlib.Path, help="folder of the checkout")
  parser.add_argument("--config", default="configs/thumos_i3d.yaml", help="in the checkout")
  parser.add_argument("--steps", type=int, nargs="+", default=[2304, 4608, 9216], help="lengths of the recordings")
  parser.add_argument("--repeats", type=int, default=7)
  args = parser.parse_args()
  yaml = args.reference / args.config
  translation = translate(yaml)
  model = _reference_model(args.reference, yaml)
  dim = translation.features["dim"]
  _spread(model, dim)
  ours = Ours(translation, model.state_dict())

  rng = np.random.default_rng(0)
  rows, first_calls = [], []
  for steps in args.steps:
    features = rng.normal(size=(steps, dim)).astype(np.float32)
    theirs = Theirs(model, features)
    batch = ours.batch(features)
    start = time.perf_counter()
    found = ours.predict(batch)
    first_calls.append(time.perf_counter() - start)
    _check_equal(ours, theirs, batch, found, steps)
    outputs = ours.network(batch)
    parts = {
      "network": (lambda b=batch: ours.network(b), theirs.network),
      "decoding and suppression": (lambda o=outputs, b=batch: ours.detections(o, b), theirs.detections),
      "both": (lambda b=batch: ours.predict(b), theirs.predict),
    }
    forms = {(part, side): run for part, pair in parts.items() for side, run in zip(("jaxvid", "reference"), pair)}
    times = compare(forms, args.repeats)
    for part in parts:
      mine, other = times[part, "jaxvid"], times[part, "reference"]
      rows.append((f"T = {steps:,}: {part}", mine, other, other / mine))

  print(
    f"{translation.system}, {args.config}, {os.cpu_count()} cores, jax {jax.__version__}; median of {args.repeats}, "
    "in turns\n"
  )
  print(table(("milliseconds", "jaxvid", "reference", "ratio"), rows))
  print(
    "\nfirst call of each length, compilation included: " + ", ".join(f"{seconds:.1f} s" for seconds in first_calls)
  )


class Ours:
  """What `jaxvid.predict` does with a recording, whole and in its two parts."""

  def __init__(self, translation, state_dict):
    config = translation.config
    spec, task = config["model"], {key: value for key, value in config["task"].items() if key != "type"}
    self.task = Task(**task)
    self._variables = jax.device_put(convert.import_torch(spec, state_dict))
    network = build_network(spec, self.task.num_classes)
    self._predictor = Predictor(network, self.task)
    self._multiple, self._shortest = config["data"]["pad_multiple"], config["data"]["max_len"]
    self._apply = jax.jit(lambda variables, batch: network.apply(variables, *self.task.inputs(batch), train=False))
    self._finish = jax.jit(self.task.predict)

  def batch(self, features):
    """A batch of one, padded as the public code pads it."""
    steps = len(features)
    padded = self._shortest if steps <= self._shortest else -(-steps // self._multiple) * self._multiple
    whole = np.zeros((1, padded, features.shape[1]), np.float32)
    whole[0, :steps] = features
    timing = dict(fps=FPS, feat_stride=STRIDE, num_frames=NUM_FRAMES, duration=steps * STRIDE / FPS)
    timing = {name: np.full(1, value, np.float32) for name, value in timing.items()}
    return dict(features=whole, mask=np.arange(padded)[None] < steps, **timing)

  def network(self, batch):
    return jax.block_until_ready(self._apply(self._variables, batch))

  def detections(self, outputs, batch):
    return jax.device_get(self._finish(outputs, batch))

  def predict(self, batch):
    """Detections, best first."""
    [(_, candidates)] = self._predictor.each(self._variables, [({}, batch)])
    return valid(candidates)


class Theirs:
  """The public model on one recording; its forward pass does the network and the rest in one."""

  def __init__(self, model, features):
    import torch

    self._model, self._inference = model, model.inference
    self._video = dict(
      video_id="recording",
      feats=torch.from_numpy(np.ascontiguousarray(features.T)),
      fps=FPS,
      duration=len(features) * STRIDE / FPS,
      feat_stride=STRIDE,
      feat_num_frames=NUM_FRAMES,
    )
    self._outputs = self._until_inference()

  def network(self):
    return self._until_inference()

  def detections(self):
    import torch

    with torch.inference_mode():
      return self._inference([self._video], *self._outputs)

  def predict(self):
    import torch

    with torch.inference_mode():
      return self._model([self._video])

  def logits(self):
    """(T_l, classes) of each level, valid points only."""
    _, masks, logits, *_ = self._outputs
    return [level[0][mask[0]].numpy() for level, mask in zip(logits, masks)]

  def _until_inference(self):
    import torch

    outputs = []
    self._model.inference = lambda video_list, *args: outputs.extend(args)
    with torch.inference_mode():
      self._model([self._video])
    self._model.inference = self._inference
    return outputs


def _reference_model(checkout, yaml):
  """The public model with its own initialisation, from a checkout."""
  try:
    import torch
  except ImportError:
    sys.exit("error: this needs PyTorch: pip install torch")
  sys.path.insert(0, str(checkout))
  try:
    from libs.core import load_config
    from libs.modeling import make_meta_arch
  except ModuleNotFoundError as error:
    if error.name == "nms_1d_cpu":
      sys.exit(f"error: build the reference's suppression first: cd {checkout}/libs/utils && python setup.py install")
    sys.exit(f"error: {checkout}: no module {error.name}; give the root of a checkout, and install what it imports")
  torch.manual_seed(0)
  torch.set_num_threads(os.cpu_count())
  config = load_config(str(yaml))
  return make_meta_arch(config["model_name"], **config["model"]).eval()


def _spread(model, dim):
  """Spreads the scores, and widens the segments, of a model that is not trained."""
  import torch

  steps = np.random.default_rng(1).normal(size=(512, dim)).astype(np.float32)
  logits = np.concatenate(Theirs(model, steps).logits())
  with torch.no_grad():
    model.cls_head.cls_head.conv.weight.mul_(SPREAD / float(logits.std()))
    if model.reg_head.offset_head.conv.bias.numel() == 2:  # Bins of a trident head reach far as they are.
      model.reg_head.offset_head.conv.bias.fill_(REACH)


def _check_equal(ours, theirs, batch, found, steps):
  outputs = ours.network(batch)
  for level, expected in enumerate(theirs.logits()):
    got = np.asarray(outputs.cls_logits[level][0, : len(expected)])
    error = float(np.max(np.abs(got - expected)) / np.max(np.abs(expected)))
    if error > TOLERANCE:
      sys.exit(f"error: T = {steps}: logits of level {level} differ by {error:.1e} of the largest")
  expected = np.sort(theirs.predict()[0]["scores"].numpy())[::-1]
  got = found.scores
  if len(got) != len(expected) or float(np.max(np.abs(got - expected), initial=0)) > TOLERANCE:
    sys.exit(f"error: T = {steps}: {len(got)} detections, reference {len(expected)}, or other scores")


if __name__ == "__main__":
  main()
