"""Observation windows from a dataset, and the made-up routines."""

import collections
import dataclasses
import itertools

import numpy as np
import pytest

from jaxvid.data import store
from jaxvid.data.pipelines.windows import Data
from jaxvid.data.synthetic import routines as made_up
from jaxvid.formats.contract import FeatureContract
from jaxvid.records import Record

DATA = Data(dataset="tiny", batch_size=3, tau_a=1.0, tau_o=3.0, every=1.0)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
  """A recording whose features are the number of the step, and three actions, one of them right at its start."""
  folder = tmp_path_factory.mktemp("data")
  features = np.tile(np.arange(10, dtype=np.float32)[:, None], (1, 2))
  segments = np.array([[0.0, 2.0], [2.5, 4.0], [7.0, 9.0]])
  record = Record("video", features, segments, np.array([0, 1, 2], np.int32), 1.0, 1.0, 1.0, 10.0)
  parts = {"anticipation": {"action_verb": [1, 1, 0], "action_noun": [0, 1, 2]}}
  contract = FeatureContract("made_up", "", 1.0, 1.0, 1.0, 2, "none")
  store.write_dataset(
    folder, "tiny", "1.0.0", {"train": lambda: iter([record])}, contract, ["a", "b", "c"], notes=parts
  )
  return store.open_dataset(folder, "tiny", "train")


def examples(data, source):
  return [dict(record, **{k: v[0] for k, v in batch.items()}) for record, batch in data.eval_examples(source)]


def test_windows_end_before_their_action(tiny):
  first, second, third = examples(DATA, tiny)
  # Step i has been seen at i + 1. Before 0 there is nothing; up to 1.5 it is step 0 alone; up to 6 steps 3, 4 and 5.
  assert first["mask"].tolist() == [False] * 3 and not first["features"].any()
  assert second["mask"].tolist() == [False, False, True] and second["features"][:, 0].tolist() == [0, 0, 0]
  assert third["mask"].all() and third["features"][:, 0].tolist() == [3, 4, 5]
  assert [x["label"] for x in (first, second, third)] == [0, 1, 2]
  assert [x["time"] for x in (first, second, third)] == [0.0, 2.5, 7.0]
  assert {x["id"] for x in (first, second, third)} == {"video"} and third["index"] == 2


@pytest.mark.parametrize("targets, expected", [("next", [2, 2, 2]), ("ongoing", [-1, -1, 2])])
def test_targets_of_the_steps(tiny, targets, expected):
  data = dataclasses.replace(DATA, targets=targets)
  *_, third = examples(data, tiny)
  assert third["step_labels"].tolist() == expected
  assert third["step_verbs"].tolist() == [[1, 1, 0][k] if k >= 0 else -1 for k in expected]
  assert third["step_nouns"].tolist() == expected
  # Without a past the last step is asked all the same; what is masked has no target.
  assert examples(data, tiny)[0]["step_labels"].tolist() == [-1, -1, 0]


def test_windows_without_enough_past_are_dropped_and_counted(tiny):
  assert (DATA.num_dropped(tiny), DATA.num_eval_examples(tiny)) == (0, 3)
  data = dataclasses.replace(DATA, short="drop")
  assert (data.num_dropped(tiny), data.num_eval_examples(tiny)) == (2, 1)
  assert [x["label"] for x in examples(data, tiny)] == [2]
  with pytest.raises(ValueError, match="no action has enough past for a window of 8"):
    dataclasses.replace(data, tau_o=8.0).num_dropped(tiny)


@pytest.mark.parametrize(
  "changes, message",
  [
    (dict(tau_o=3.5), "tau_o 3.5 is no multiple of every 1.0"),
    (dict(tau_a=-1), "tau_a -1 must be 0 or more"),
    (dict(short="skip"), "short 'skip' must be mask or drop"),
    (dict(targets="last"), "targets 'last' must be ongoing or next"),
    (dict(made_up=dict(classes=3)), "made_up.classes: nothing reads this key"),
  ],
)
def test_wrong_settings(changes, message):
  with pytest.raises(ValueError, match=message):
    dataclasses.replace(DATA, **changes)


def test_a_batch_too_large(tiny):
  with pytest.raises(ValueError, match="a batch of 9 needs more than the 3 windows"):
    dataclasses.replace(DATA, batch_size=9).num_steps_per_epoch(tiny)


@pytest.fixture(scope="module")
def routines(tmp_path_factory):
  data = Data(
    "routines", 8, 1.0, 4.0, 1.0, input_noise=0.1, made_up=dict(num_train=5, num_test=2, num_actions=10), num_threads=0
  )
  return data, str(tmp_path_factory.mktemp("workdir"))


def test_training_is_a_function_of_seed_and_step(routines):
  data, workdir = routines
  source = data.open_split("train", workdir)
  assert data.num_steps_per_epoch(source) == 6  # 50 windows.
  batches = list(itertools.islice(data.train_batches(source, seed=0), 14))
  later = next(data.train_batches(source, seed=0, first_step=13))
  np.testing.assert_equal(batches[13], later)
  shares = [next(data.train_batches(source, 0, 13, process, 2)) for process in range(2)]
  np.testing.assert_array_equal(np.stack([x["features"] for x in shares], 1).reshape(8, 4, -1), later["features"])
  epoch = collections.Counter(np.concatenate([x["label"] for x in batches[:6]]).tolist())
  other = collections.Counter(np.concatenate([x["label"] for x in batches[6:12]]).tolist())
  assert epoch != other or not np.array_equal(batches[0]["label"], batches[6]["label"])
  assert not np.array_equal(next(data.train_batches(source, seed=1))["label"], batches[0]["label"])
  for name, array in data.example_batch(source.contract).items():
    assert array.shape[1:] == later[name].shape[1:]


def test_noise_is_in_training_alone_and_not_where_nothing_is_seen(routines):
  data, workdir = routines
  source = data.open_split("train", workdir)
  plain = dataclasses.replace(data, input_noise=0.0)
  noisy, clean = (next(d.train_batches(source, seed=0)) for d in (data, plain))
  np.testing.assert_array_equal(noisy["label"], clean["label"])
  assert 0.05 < np.std((noisy["features"] - clean["features"])[clean["mask"]]) < 0.15
  assert not noisy["features"][~clean["mask"]].any() and not clean["mask"].all()
  for one, other in zip(examples(data, source), examples(plain, source)):
    np.testing.assert_array_equal(one["features"], other["features"])


def test_the_grammar_of_the_routines():
  """The antecedent decides as often as is said, the verbs take turns, and the last action tells nothing of the noun."""
  antecedents, num_nouns = made_up.antecedents(3), len(made_up.NOUNS)
  follows, last = [], np.zeros((12, num_nouns))
  for record in made_up.records(3, 150, num_actions=40, kept=0.8):
    labels = record.labels
    assert ((labels[1:] // num_nouns - labels[:-1] // num_nouns) % 3 == 1).all()
    follows += (antecedents[labels[2:]] == labels[:-2]).tolist()
    np.add.at(last, (labels[:-1], labels[1:] % num_nouns), 1)
    starts, ends = record.segments.T
    assert starts[0] == 0 and (starts[1:] == ends[:-1]).all() and ends[-1] == len(record.features) == record.duration
    assert set((ends - starts).tolist()) <= {2, 3, 4}
  assert abs(np.mean(follows) - made_up.optimum(0.8)) < 0.02
  assert np.abs(last / last.sum(1, keepdims=True) - 0.25).max() < 0.07
  assert sorted(antecedents) == list(range(12))


def test_the_distribution_of_the_next_action():
  found = made_up.next_distribution([0, 5, 9], seed=3, kept=0.8)
  assert found[:4].sum() == pytest.approx(1) and np.count_nonzero(found) == 4
  best = int(found.argmax())
  assert made_up.antecedents(3)[best] == 5 and found[best] == pytest.approx(made_up.optimum(0.8))


def test_routines_are_written_once(tmp_path):
  folder = made_up.write(tmp_path, num_train=2, num_test=1, num_actions=4)
  written = folder.stat().st_mtime_ns
  assert made_up.write(tmp_path, num_train=2, num_test=1, num_actions=4).stat().st_mtime_ns == written
  assert made_up.write(tmp_path, num_train=3, num_test=1, num_actions=4) == folder
  assert len(store.Split(folder, "train")) == 3
