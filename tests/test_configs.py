"""Every configuration builds, is complete, has the published number of parameters, and refuses what nothing reads."""

import math
import pathlib

import jax
import jax.numpy as jnp
import ml_collections
import pytest

from jaxvid import configuration
from jaxvid.build import ConfigError, types
from jaxvid.configs import common
from jaxvid.formats.contract import FeatureContract
from jaxvid.tasks.base import build_network
from jaxvid.train import config_file
from jaxvid.train.experiment import Experiment

FOLDER = pathlib.Path(__file__).parents[1] / "configs"
ALL = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.endswith("common") and path.stem != "__init__")
CLIPS = [name for name in ALL if name.endswith("_tag")]
WINDOWS = [name for name in ALL if name.endswith("_aga")]
NAMES = [name for name in ALL if name not in (*CLIPS, *WINDOWS)]  # Localization.
HAPT = [name for name in NAMES if name.startswith("hapt")]
PUBLISHED = [name for name in NAMES if name not in (*HAPT, "quickstart")]
EGO4D = "omnivore egovlp slowfast_egovlp omnivore_egovlp slowfast_omnivore_egovlp".split()

# Everything is built; what others have traced already, the slow tests trace too.
LIKE_OTHERS = "thumos_actionformer_refined_fpn thumos_sgp_refined_fpn hapt_conv hapt_sgp hapt_tridet".split()
TRACED = [(name, "") for name in NAMES if name not in LIKE_OTHERS]
TRACED += [("thumos_tridet", "parity"), ("ego4d_actionformer", EGO4D[-1])]
VARIANTS = [(name, "") for name in LIKE_OTHERS] + [(name, "smoke") for name in NAMES]
VARIANTS += [(name, arg) for name in PUBLISHED for arg in ("parity", "parity,smoke")]
VARIANTS += [(name, arg) for name in HAPT for arg in ("small", "fold=7", "small,fold=30")]
VARIANTS += [("ego4d_actionformer", features + rest) for features in EGO4D for rest in ("", ",parity", ",smoke")]

# What the public code counts in its own models of these settings, and the length of their features.
PARAMETERS = {
  ("thumos_actionformer", ""): (2048, 29_251_612),
  ("thumos_tridet", ""): (2048, 15_989_604),
  ("thumos_tridet", "parity"): (2048, 15_989_604),
  ("activitynet_actionformer_tsp", ""): (512, 6_943_497),
  ("activitynet_actionformer_i3d", ""): (2048, 8_123_145),
  ("activitynet_tridet_tsp", ""): (512, 12_811_555),
  ("epic_actionformer_noun", ""): (2304, 30_075_188),
  ("epic_actionformer_verb", ""): (2304, 29_763_177),
  ("epic_tridet_noun", ""): (2304, 19_503_532),
  ("epic_tridet_verb", ""): (2304, 18_594_123),
  ("hacs_tridet_i3d", ""): (2048, 53_412_473),
  ("hacs_tridet_slowfast", ""): (2304, 51_860_092),
  ("ego4d_actionformer", ""): (2304, 32_945_271),
  ("ego4d_actionformer", "omnivore_egovlp"): (1792, 77_164_152),
}


def get(name, arg=""):
  """The configuration with every key, as jaxvid.main trains it."""
  return ml_collections.ConfigDict(configuration.load(f"{FOLDER / name}.py:{arg}"))


def build(name, arg):
  """The experiment of a configuration, once what can be seen without tracing it is checked."""
  experiment = Experiment.from_config(get(name, arg).to_dict(), workdir="")
  data, backbone = experiment.data, experiment.network.backbone
  assert len(experiment.task.regression_ranges) == 1 + backbone.depths[2]
  divisor = backbone.scale_factor ** backbone.depths[2]
  assert all(length % divisor == 0 for length in (*data.buckets, data.pad_multiple or max(data.buckets)))
  assert max(data.buckets) >= data.max_len and data.resize_to in (None, *data.buckets)
  return experiment


def trace(name, arg, dim):
  """Traces initialisation, loss, prediction and optimizer for features of length `dim`; returns the parameters."""
  experiment = build(name, arg)
  steps = min(experiment.data.buckets)
  batch = dict(
    features=jnp.zeros((1, steps, dim)),
    mask=jnp.ones((1, steps), bool),
    segments=jnp.zeros((1, 16, 2)),
    labels=jnp.zeros((1, 16), int),
    segment_mask=jnp.ones((1, 16), bool),
    **{key: jnp.ones(1) for key in ("fps", "feat_stride", "num_frames", "duration")},
  )

  def everything(batch):
    out, variables = experiment.network.init_with_output(jax.random.key(0), *experiment.task.inputs(batch))
    loss, *_ = experiment.task.loss(out, batch, experiment.task.init_state(), train=True)
    opt_state = experiment.optim.make(10)[0].init(variables["params"])
    return loss, experiment.task.predict(out, batch), variables, opt_state

  loss, found, variables, _ = jax.eval_shape(everything, batch)
  assert loss.shape == () and found.segments.shape == (1, experiment.task.detection.max_detections, 2)
  return variables["params"]


def count(params):
  return sum(math.prod(array.shape) for array in jax.tree.leaves(params))


@pytest.mark.parametrize("name, arg", TRACED)
def test_builds(name, arg):
  dims = get(name, arg).model.backbone.get("input_dims") or (24,)
  dim, parameters = PARAMETERS.get((name, arg), (sum(dims), None))
  params = trace(name, arg, dim)
  assert parameters in (None, count(params))


@pytest.mark.parametrize("name, arg", VARIANTS)
def test_variants_build(name, arg):
  build(name, arg)


@pytest.mark.slow
@pytest.mark.parametrize("name, arg", VARIANTS)
def test_variants_are_traced(name, arg):
  dims = get(name, arg).model.backbone.get("input_dims") or (24,)
  dim, parameters = PARAMETERS.get((name, arg), (sum(dims), None))
  assert parameters in (None, count(trace(name, arg, dim)))


CLIP_VARIANTS = (
  "",
  "i3d",
  "slow",
  "csn",
  "pool",
  "frozen,smoke",
  "i3d,smoke",
  "slow,smoke",
  "csn,pool,smoke",
  "i3d,flow,smoke",
)


@pytest.mark.parametrize(
  "name, arg",
  [("haa500_tag", arg) for arg in CLIP_VARIANTS] + [("stickgym_tag", "flow")] + [(name, "smoke") for name in CLIPS],
)
def test_clip_configurations_are_traced(name, arg):
  """Initialisation, loss, prediction and optimizer."""
  experiment = Experiment.from_config(get(name, arg).to_dict(), workdir="")
  batch = experiment.data.example_batch() | {"label": jnp.zeros(1, int)}

  def everything(batch):
    out, variables = experiment.network.init_with_output(jax.random.key(0), *experiment.task.inputs(batch))
    loss, *_ = experiment.task.loss(out, batch, experiment.task.init_state(), train=True)
    opt_state = experiment.optim.make(10)[0].init(variables["params"])
    return loss, experiment.task.predict(out, batch), opt_state

  loss, found, _ = jax.eval_shape(everything, batch)
  assert loss.shape == () and found.probabilities.shape == (1, experiment.task.num_classes)


MODELS = "last_feature lstm transformer no_gate no_ema features no_history".split()


@pytest.mark.parametrize(
  "name, arg",
  [(name, "") for name in WINDOWS]
  + [("epic100_aga", arg) for arg in (*MODELS, "heads", "heads,smoke")]
  + [(name, "smoke") for name in WINDOWS],
)
def test_anticipation_configurations_are_traced(name, arg):
  """Initialisation, loss, prediction and optimizer, for features of RULSTM's length."""
  experiment = Experiment.from_config(get(name, arg).to_dict(), workdir="")
  batch = experiment.data.example_batch(FeatureContract("", "", None, None, None, 1024, ""))
  batch |= {part: batch["step_labels"] for part in ("step_verbs", "step_nouns")}

  def everything(batch):
    out, variables = experiment.network.init_with_output(jax.random.key(0), *experiment.task.inputs(batch))
    loss, *_ = experiment.task.loss(out, batch, experiment.task.init_state(), train=True)
    opt_state = experiment.optim.make(10)[0].init(variables["params"])
    return loss, experiment.task.predict(out, batch), opt_state

  loss, found, _ = jax.eval_shape(everything, batch)
  assert loss.shape == () and found.action.shape == (1, experiment.task.num_classes)
  assert (found.verb is not None) == ("heads" in arg)


def test_one_anticipator_and_three_splits():
  with pytest.raises(ValueError, match="lstm and no_gate: name one model"):
    get("routines_aga", "lstm,no_gate")
  assert get("egtea_aga", "split=3").data.dataset == "egtea/split3"
  with pytest.raises(ValueError, match="has the splits 1 to 3"):
    get("egtea_aga", "split=4")


def test_one_backbone_at_a_time():
  with pytest.raises(ValueError, match="i3d and csn: name one backbone"):
    get("gym99_tag", "i3d,csn")
  with pytest.raises(ValueError, match="give i3d,flow"):
    get("gym99_tag", "flow")


@pytest.mark.parametrize("name", PUBLISHED)
def test_parity_differs_in_what_the_public_code_does_otherwise(name):
  ours, theirs = get(name), get(name, "parity")
  assert (ours.model.padding, theirs.model.padding) == ("ignored", "reference")
  assert (ours.optim.ema_warmup, theirs.optim.ema_warmup) == (True, False)
  assert theirs.data.buckets == (theirs.data.max_len,)
  if name.split("_")[0] in ("thumos", "epic") and theirs.model.backbone.type == "sgp":
    assert (ours.model.backbone.init, theirs.model.backbone.init) == ("live", "dead")
  if theirs.model.head.type == "trident":
    assert (ours.model.head.border, theirs.model.head.border) == ("masked", "zero_logit")


def test_ego4d_takes_one_kind_of_features():
  assert get("ego4d_actionformer").data.dataset == "ego4d_mq/slowfast"
  with pytest.raises(ValueError, match="omnivore and egovlp: name one kind"):
    get("ego4d_actionformer", "omnivore,egovlp")


@pytest.mark.parametrize("skeleton", [common.localization, common.recognition, common.anticipation])
def test_skeletons_repeat_no_default(skeleton):
  """A default that stands in two places is one that goes out of date."""
  config = skeleton().to_dict()
  sections = {section: config[section] for section in ("task", "data", "optim", "train", "eval")}
  for section, values in (sections | {"optim.schedule": config["optim"]["schedule"]}).items():
    keys = config_file.keys_of(config, section)
    assert not [key for key, value in values.items() if key in keys and key != "type" and keys[key][1] == value], (
      section
    )


@pytest.mark.parametrize(
  "section, key",
  [
    ("", "optimizer"),
    ("task", "num_class"),
    ("data", "max_length"),
    ("optim", "learning_rate"),
    ("train", "epoch"),
    ("eval", "splits"),
    ("model", "fpn"),
    ("model.backbone", "embd_dim"),
    ("model.neck", "start"),
    ("model.head", "depth"),
    ("task.detection", "topk"),
    ("optim.schedule", "gamma"),
    ("data.made_up", "classes"),
  ],
)
def test_unread_keys_are_errors(section, key, tmp_path):
  config = ml_collections.ConfigDict(get("quickstart"))
  with config.unlocked():
    part = config
    for name in filter(None, section.split(".")):
      part = part[name]
    part[key] = 1
  with pytest.raises(ConfigError, match=f"{key}: nothing reads this key"):
    experiment = Experiment.from_config(config.to_dict(), str(tmp_path))
    experiment.optim.make(1)
    experiment.open_split("train")


def test_unknown_types_list_those_there_are():
  model = get("quickstart").model.to_dict()
  there_are = "conv, granularity_mixture, local_transformer, sgp"
  with pytest.raises(ConfigError, match=f'config.model.backbone.type: no backbone "resnet"; there are: {there_are}'):
    build_network(dict(model, backbone=dict(type="resnet")), 3)
  assert types("jaxvid.models.localization.heads") == ["decoupled", "point", "trident"]
  assert types("jaxvid.models.localization.necks") == ["fpn", "identity", "refined_fpn"]


def test_missing_keys_are_named(tmp_path):
  config = get("quickstart").to_dict()
  del config["optim"]["lr"]
  with pytest.raises(ConfigError, match="config.optim.lr: missing"):
    Experiment.from_config(config, str(tmp_path))


@pytest.mark.parametrize(
  "arg, message", [("smal", 'unknown variant "smal"'), ("fold=31", "HAPT has the folds 1 to 30")]
)
def test_unknown_variants(arg, message):
  with pytest.raises(ValueError, match=message):
    get("hapt_sgp", arg)
