"""Explanations: counted by hand on made-up attention, and the command on small untrained networks."""

import csv
import json

import jax
import numpy as np
import pytest

from jaxvid import command
from jaxvid import explain as explain_command
from jaxvid.configs import routines_aga
from jaxvid.data.pipelines.windows import Data
from jaxvid.explaining import explanation
from jaxvid.explaining.attentive_model import AttentiveModel
from jaxvid.explaining.explain import Settings, explain
from jaxvid.train import imported
from jaxvid.train.experiment import Experiment

NOTHING = 3  # Of three classes.


def count(attention, reached, shown, anticipated, counted=None, order=slice(None), size=2):
  """Dependencies of made-up windows, `size` at a time in the given order."""
  forward = explanation.Forward(NOTHING + 1)
  shares = explanation.one_hot(shown, NOTHING)
  for rows in np.split(np.arange(len(shown))[order], range(size, len(shown), size)):
    given = None if counted is None else counted[rows]
    values = explanation.masses(attention[rows], reached[rows], shares[rows], given)
    forward.add(anticipated[rows], *values)
  return {(pair.anticipated, pair.past): pair for pair in forward.dependencies(1)}


@pytest.fixture
def windows(rng):
  """Twelve windows of six steps, four of them in reach, three heads."""
  reached = np.broadcast_to(np.arange(6) % 5 > 0, (12, 6))
  attention = rng.dirichlet(np.ones(4), (12, 3)).astype(np.float32)
  full = np.zeros((12, 3, 6), np.float32)
  full[:, :, 1:5] = attention
  return full, reached, rng.integers(-1, 3, (12, 6)), rng.integers(0, 2, 12)


def test_ratio_by_hand():
  # Two heads, four steps in reach; the last shows nothing. Both windows anticipate class 2.
  attention = np.array([[[0, 0.5, 0.3, 0.2], [0, 0.7, 0.1, 0.2]], [[0.4, 0.2, 0.2, 0.2]] * 2])
  reached = np.array([[False, True, True, True], [True] * 4])
  shown = np.array([[0, 0, 1, -1], [0, 1, 1, 1]])
  found = count(attention, reached, shown, np.array([2, 2]))
  assert set(found) == {(2, 0), (2, 1), (2, NOTHING)}
  # Class 0: attention 0.6 of one step in three, and 0.4 of one in four; the step out of reach does not count.
  zero = found[2, 0]
  assert (zero.mass, zero.chance, zero.windows) == pytest.approx((1.0, 1 / 3 + 1 / 4, 2))
  assert zero.ratio == pytest.approx(12 / 7)
  assert zero.lift == pytest.approx(12 / 7)  # Nothing else is ever anticipated: all windows are these windows.
  assert np.isnan(zero.contribution)
  assert found[2, 1].ratio == pytest.approx((0.2 + 0.6) / (1 / 3 + 3 / 4))
  assert found[2, NOTHING].ratio == pytest.approx(0.2 / (1 / 3)) and found[2, NOTHING].windows == 1
  assert count(attention[:1], reached[:1], shown[:1], np.array([2]))[2, 0].error == np.inf
  # Of means 0.6 and 0.4 the standard error is 0.1; in units of the mean share of class 0.
  assert zero.error == pytest.approx(0.1 / (7 / 24))
  assert zero.low == zero.lift - 2 * zero.error
  # Without the steps of class 1 the rest keeps its numbers: chance is still that of all steps in reach.
  before = count(attention, reached, shown, np.array([2, 2]), counted=shown != 1)
  assert set(before) == {(2, 0), (2, NOTHING)} and str(before[2, 0]) == str(zero)


def test_lift_by_hand():
  """What comes first is attended to as everything else, but comes more often before one action than before another."""
  attention, reached = np.full((3, 1, 2), 0.5), np.ones((3, 2), bool)
  found = count(attention, reached, np.array([[0, 0], [0, 1], [1, 1]]), np.array([0, 0, 1]))
  # Class 0 is half of all steps; before 0 it is three quarters, before 1 none.
  assert found[0, 0].lift == pytest.approx(1.5) and found[0, 1].lift == pytest.approx(0.5)
  assert found[1, 1].lift == pytest.approx(2.0) and (1, 0) not in found
  assert {pair.ratio for pair in found.values()} == {1.0}


def test_contributions_by_hand():
  attention, reached = np.full((2, 1, 3), 1 / 3), np.ones((2, 3), bool)
  shares = explanation.one_hot(np.array([[0, 0, 1], [1, 1, 1]]), NOTHING)
  forward = explanation.Forward(NOTHING + 1)
  forward.add(np.array([2, 2]), *explanation.masses(attention, reached, shares, None, np.array([[1, 2, 4], [1, 1, 1]])))
  found = {pair.past: pair.contribution for pair in forward.dependencies(1)}
  assert found == {0: 3.0, 1: 3.5}  # In reach in one window, and in two: (4 + 3) / 2.


def test_shares_of_predictions_by_hand():
  attention, reached = np.array([[[0.9, 0.1, 0.0]]]), np.array([[True, True, False]])
  shares = np.array([[[0.5, 0.5], [0.2, 0.8], [0.0, 1.0]]])
  mass, chance, presence, _ = explanation.masses(attention, reached, shares)
  np.testing.assert_allclose(mass, [[0.47, 0.53]], atol=1e-6)
  np.testing.assert_allclose(chance, [[0.35, 0.65]], atol=1e-6)
  np.testing.assert_allclose(presence, [[0.5, 0.8]], atol=1e-6)


def test_uniform_attention_is_chance_everywhere(windows):
  _, reached, shown, anticipated = windows
  uniform = np.broadcast_to((reached / reached.sum(1, keepdims=True))[:, None], (12, 3, 6))
  for counted in (None, ~explanation.ongoing_action_mask(shown)):
    found = count(uniform, reached, shown, anticipated, counted)
    assert len(found) > 5
    np.testing.assert_allclose([pair.ratio for pair in found.values()], 1, atol=1e-6)


def test_the_order_of_windows_and_their_batches_do_not_matter(windows, rng):
  expected = count(*windows)
  shuffled = count(*windows, order=rng.permutation(12), size=5)
  assert expected.keys() == shuffled.keys() and len({round(pair.ratio, 6) for pair in expected.values()}) > 5
  for key, pair in expected.items():
    np.testing.assert_allclose(
      (pair.mass, pair.chance, pair.windows), (shuffled[key].mass, shuffled[key].chance, shuffled[key].windows)
    )


def test_pairs_of_few_windows_are_left_out():
  forward = explanation.Forward(2)
  for _ in range(3):
    forward.add(np.array([0]), *np.array([[[0.5, 0.0]], [[0.5, 0.0]], [[1.0, 0.0]], [[0.0, 0.0]]]))
  assert len(forward.dependencies(3)) == 1 and not forward.dependencies(4)


def test_antecedent_is_the_action_whose_lift_is_surely_the_highest():
  pair = lambda past, lift, error: explanation.Dependency(0, past, lift, error, 1.0, 0.0, 1.0, 1.0, 9)  # noqa: E731
  best = explanation.antecedents([pair(0, 1.2, 0.1), pair(1, 1.9, 0.1), pair(2, 2.9, 0.8), pair(NOTHING, 4, 0.1)], 3)
  assert best == {0: pair(1, 1.9, 0.1)}


def test_steps_in_reach():
  mask = np.array([[False, True, True, False, True, True], [False] * 6])
  past = explanation.reach_mask(mask, youngest=1, attention_window=2)
  assert past.tolist() == [[False, False, True, False, True, False], [False] * 6]
  with_present = explanation.reach_mask(mask, youngest=0, attention_window=3)
  assert with_present.tolist() == [[False, False, True, False, True, True], [False] * 6]


def test_steps_of_the_ongoing_action():
  shown = np.array([[1, 0, 1, 1], [1, 1, 1, -1], [2, 2, 2, 2]])
  expected = [[False, False, True, True], [False] * 4, [True] * 4]
  assert explanation.ongoing_action_mask(shown).tolist() == expected


def test_past_actions_count_from_the_last():
  shown = np.array([[2, 2, 0, -1, 0, 1]])
  reached = np.array([[False, True, True, True, True, False]])
  found = explanation.past_actions(shown, reached)
  assert [(past.label, past.position, np.flatnonzero(past.steps).tolist()) for past in found] == [
    (0, 2, [4]),
    (0, 3, [2]),
    (2, 4, [1]),  # Class 1 is out of reach: it is the last action, and not replaced.
  ]


def test_effects_by_hand():
  before, after = np.array([[0.6, 0.4, 0.0]] * 2), np.array([[0.3, 0.5, 0.2], [0.6, 0.4, 0.0]])
  found = explanation.effects(before, after, np.array([0, 1]))
  np.testing.assert_allclose(found, [[-0.3, 0.3, 1], [0, 0, 0]], atol=1e-12)
  counts = explanation.Backward()
  for position, effect in ((1, found[0]), (1, found[1]), (2, found[0])):
    counts.add(position, 5, 0, effect)
  first, second = counts.effects("position")
  assert (first.position, first.replaced, first.count, second.count) == (1, None, 2, 1)
  assert (first.probability_change, first.total_variation, first.top1_changed) == pytest.approx((-0.15, 0.15, 0.5))
  (pair,) = counts.effects("replaced", "anticipated")
  assert (pair.position, pair.replaced, pair.anticipated, pair.count) == (None, 5, 0, 3)
  assert pair.total_variation == pytest.approx(0.2)


def test_steps_show_what_goes_on_in_their_middle(tmp_path):
  """Steps of a made-up routine are a second long and never on the border of two actions."""
  data = Data("made_up", 4, tau_a=1.0, tau_o=6.0, every=1.0, made_up=dict(num_train=1, num_test=1, num_actions=6))
  source = data.open_split("test", str(tmp_path))
  windows, record = data.windows(source), source[0]
  by_second = np.repeat(record["labels"], np.diff(record["segments"]).astype(int)[:, 0])
  for index in range(len(windows)):
    end = round(windows[index]["time"]) - 1  # The last step seen is the second that ends here.
    expected = [by_second[second] if second >= 0 else -1 for second in range(end - 6, end)]
    assert windows.visible_actions(index).tolist() == expected


def write_run(folder, variant=""):
  """A workdir of an untrained network."""
  config = routines_aga.get_config(f"{variant},smoke".strip(",")).to_dict()
  experiment = Experiment.from_config(config, str(folder))
  source = experiment.open_split("train")
  batch = experiment.data.example_batch(source.contract)
  init = jax.jit(experiment.network.init)
  variables = dict(jax.device_get(init(jax.random.key(0), *experiment.task.inputs(batch))))
  description = experiment.describe(source)
  imported.write_workdir(folder, config, description, variables, variables["params"], "")
  return str(folder)


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
  return write_run(tmp_path_factory.mktemp("aga"))


@pytest.fixture(scope="module")
def model(workdir):
  return AttentiveModel.from_workdir(workdir)


def test_the_command_writes_all_of_it(workdir, tmp_path, capsys):
  command.run(
    explain_command.main,
    [f"--workdir={workdir}", f"--output={tmp_path}", "--min_windows=1", "--num_samples=2", "--num_pairs=3"],
  )
  printed = capsys.readouterr().out
  assert printed.count(" <- ") == 3 and "replaced 2 back" in printed and str(tmp_path / "index.html") in printed
  tables = ("forward", "forward_before", "backward")
  rows = {name: list(csv.DictReader((tmp_path / f"{name}.csv").read_text().splitlines())) for name in tables}
  for row in rows["forward"]:
    assert float(row["ratio"]) == pytest.approx(float(row["mass"]) / float(row["chance"]), rel=1e-4)
  # All attention goes somewhere: each of the 18 windows that have a past counts once.
  for column in ("mass", "chance"):
    assert sum(float(row[column]) for row in rows["forward"]) == pytest.approx(18, abs=1e-3)
    assert sum(float(row[column]) for row in rows["forward_before"]) < 17
  assert {row["position"] for row in rows["backward"]} >= {"1", "2", "3"}
  samples = json.loads((tmp_path / "samples.json").read_text())
  assert len(samples) == 2 and len({sample["true"] for sample in samples}) == 2
  for sample in samples:
    np.testing.assert_allclose(np.array(sample["attention"]).sum(1), 1, atol=1e-3)
    assert np.all(np.array(sample["attention"])[:, ~np.array(sample["in_reach"])] == 0)
    assert sample["seconds"][-1] == -1.0 and (tmp_path / sample["picture"]).stat().st_size > 10_000
  page = (tmp_path / "index.html").read_text()
  assert page.count("data:image/png;base64,") == 5 and "in units of chance" in page
  assert (tmp_path / "pairs.md").read_text().count("\n| ") > 6


def test_replaced_predictions_move_what_comes_after_them(model):
  source = model.experiment.open_split("test")
  windows = model.experiment.data.windows(source)
  window = windows[len(windows) - 1]
  features, mask = window["features"][None], window["mask"][None]
  assert mask.all()
  untouched = np.full(mask.shape, -1)
  plain = model.read({"features": features, "mask": mask}).predicted[:, -1]
  np.testing.assert_allclose(model.anticipate(features, mask, untouched), plain, atol=1e-6)
  earlier, last = untouched.copy(), untouched.copy()
  earlier[0, 3], last[0, -1] = 5, 5
  assert np.abs(model.anticipate(features, mask, earlier) - plain).max() > 1e-4
  np.testing.assert_allclose(model.anticipate(features, mask, last), plain, atol=1e-6)


def test_contributions_sum_up_to_the_logits(model):
  """With what the present step and the bias give: the classifier of (1 - gate) e."""
  network, variables = model.experiment.network, model._variables
  windows = model.experiment.data.windows(model.experiment.open_split("test"))
  window = windows[len(windows) - 1]
  features, mask = window["features"][None], window["mask"][None]
  outputs = network.apply(variables, features, mask)
  params = variables["params"]["anticipator"]
  present = (1 - outputs.gate[:, -1]) * (features[:, -1] @ params["to_width"]["kernel"] + params["to_width"]["bias"])
  rest = present @ params["classifier"]["kernel"] + params["classifier"]["bias"]
  added = network.apply(variables, features, mask, outputs, method="contributions")
  np.testing.assert_allclose(added.sum(1) + rest, outputs.logits[:, -1], atol=1e-4)
  assert np.abs(added[0, :-1]).max() > 1e-3 and not np.abs(added[0, -1]).any()
  read = model.read({"features": features, "mask": mask}).contribution
  np.testing.assert_allclose(read, added - added.mean(-1, keepdims=True), atol=1e-5)


def test_what_the_model_predicted_and_what_did_come(model):
  settings = Settings(past="predicted", anticipated="true", min_windows=0.05, num_samples=0)
  found = explain(model, settings)
  assert str(explain(model, settings)) == str(found) and not found.samples and len(found.forward) > 5
  windows = model.experiment.data.windows(model.experiment.open_split("test"))
  for pair in found.forward:  # The same, a window at a time.
    mass = chance = presence = 0.0
    for window in (windows[index] for index in range(len(windows))):
      past = np.flatnonzero(window["mask"][:-1])  # The queue is as long as the window.
      if window["label"] == pair.anticipated and len(past):
        reading = model.read({name: window[name][None] for name in ("features", "mask")})
        shown = reading.predicted[0, past, pair.past]
        mass += float(reading.attention[0, :, past].mean(1) @ shown)
        chance, presence = chance + shown.mean(), presence + shown.max()
    assert (pair.mass, pair.chance, pair.windows) == pytest.approx((mass, chance, presence), rel=1e-4)
  counts = [sum(effect.count for effect in part) for part in (found.backward, found.by_position, found.by_pair)]
  assert counts[0] == counts[1] == counts[2] > 0
  few = explain(model, Settings(past="predicted", num_windows=4, num_samples=0))
  assert few.num_windows <= 4 < found.num_windows


def test_other_models_with_attention_have_the_forward_part(tmp_path, capsys):
  folder = write_run(tmp_path / "run", "transformer")
  command.run(
    explain_command.main, [f"--workdir={folder}", f"--output={tmp_path / 'out'}", "--min_windows=1", "--num_samples=1"]
  )
  assert "does not feed its predictions back" in capsys.readouterr().out
  assert not (tmp_path / "out" / "backward.csv").exists()
  (sample,) = json.loads((tmp_path / "out" / "samples.json").read_text())
  assert sample["in_reach"][-1] and sample["gate"] is None  # It attends to the present step too.
  np.testing.assert_allclose(np.array(sample["attention"]).sum(1), 1, atol=1e-3)
  assert AttentiveModel.from_workdir(folder).feeds_back is False


@pytest.mark.parametrize("variant, reason", [("last_feature", "last_feature"), ("no_history", "with window 0")])
def test_models_without_attention_are_refused(tmp_path, variant, reason):
  folder = write_run(tmp_path, variant)
  with pytest.raises(SystemExit, match=f"{reason} attends to nothing"):
    command.run(explain_command.main, [f"--workdir={folder}"])


def test_wrong_settings_are_refused(workdir):
  with pytest.raises(ValueError, match="past 'seen' must be annotated or predicted"):
    Settings(past="seen")
  with pytest.raises(ValueError, match="min_windows 0 more than 0"):
    Settings(min_windows=0)
  with pytest.raises(SystemExit):
    command.run(explain_command.main, [f"--workdir={workdir}", "--past=seen"])
