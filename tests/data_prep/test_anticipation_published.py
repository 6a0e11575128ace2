"""The published annotations of anticipation, counted, and built with made-up features of some videos."""

import argparse

import numpy as np
import pytest

import golden
from anticipation_sources import listed, run
from jaxvid.data_prep import dataset


def counts(found):
  """(videos, segments, named segments) of each split."""
  recordings = {split: [read() for read in named.values()] for split, named in found.recordings.items()}
  ids = {split: {item.id for each in listed for item in each.actions} for split, listed in recordings.items()}
  return {
    split: (len(listed), sum(len(each.actions) for each in listed), len(ids[split]))
    for split, listed in recordings.items()
  }


def published(name, folder, tmp_path, lengths, *flags):
  """(train, test, annotations) of the published annotations and made-up features, two a second, of some videos.

  `lengths` is a dict of video -> seconds.
  """
  dataset_name, _, config = name.partition("/")
  for video, seconds in lengths.items():
    np.save(tmp_path / f"{video}.npy", np.ones((int(seconds * 2), 2), "f4"))
  source = golden.shared(folder)
  timing = ["--fps=30", "--feat_stride=15", "--num_frames=15", "--skip_bad"]
  splits = run(name, tmp_path, source, tmp_path / "data", *timing, *flags)
  settings = argparse.Namespace(annotations=source, many_shot_actions="both")
  return splits["train"], splits["test"], dataset.load(dataset_name).reader(source, config, settings)


@pytest.mark.slow
def test_epic100_as_published(tmp_path):
  frames = dict(line.split(",") for line in golden.shared("data/epic100/video_lengths.csv").read_text().split())
  lengths = {video: int(frames[video]) / 30 for video in ("P01_01", "P01_11", "P18_01")}
  train, test, found = published("epic100_anticipation", "data/epic100", tmp_path, lengths)
  assert counts(found) == {"training": (495, 67_217, 67_217), "validation": (138, 9_668, 9_668)}
  assert len(train.class_names) == 3_806
  metadata = train.metadata["anticipation"]
  assert len(metadata["verbs"]) == 97 and len(metadata["nouns"]) == 300 and len(metadata["action_noun"]) == 3_806
  subsets = {name: len(set(subset["ids"])) for name, subset in metadata["subsets"].items()}
  assert subsets == {"unseen": 1_065, "tail_verb": 1_760, "tail_noun": 1_900, "tail_action": 3_105}
  assert len(train) == 1 and len(test) == 2
  # The lines of training.csv and validation.csv that name these videos.
  for record in [*listed(train), *listed(test)]:
    file = golden.shared(f"data/epic100/{'training' if record['id'] == 'P01_01' else 'validation'}.csv")
    rows = [line.split(",") for line in file.read_text().splitlines() if line.split(",")[1] == record["id"]]
    assert list(record["segment_ids"]) == [row[0] for row in rows]
    np.testing.assert_allclose(record["segments"], [[int(row[2]) / 30, int(row[3]) / 30] for row in rows])
    np.testing.assert_array_equal(record["labels"], [int(row[6]) for row in rows])
    assert [metadata["action_verb"][label] for label in record["labels"]] == [int(row[4]) for row in rows]
  unseen = set(metadata["subsets"]["unseen"]["ids"])
  assert set(test[1]["segment_ids"]) <= unseen and not unseen & set(test[0]["segment_ids"])


@pytest.mark.slow
def test_epic55_as_published(tmp_path):
  lengths = {"P01_02": 600.0, "P01_01": 1700.0}
  train, test, found = published("epic55", "data/epic55", tmp_path, lengths, "--many_shot_actions=both")
  assert counts(found) == {"training": (232, 23_493, 23_493), "validation": (40, 4_979, 4_979)}
  assert len(train.class_names) == 2_513
  metadata = train.metadata["anticipation"]
  assert {part: len(ids) for part, ids in metadata["many_shot"].items()} == {"verb": 26, "noun": 71, "action": 819}
  assert [metadata["verbs"][k] for k in (0, 1, 6, 94)] == ["take", "put", "mix", "verb 94"]
  assert train[0]["id"] == "P01_02" and test[0]["segment_ids"][:3] == ("0", "1", "2")
  np.testing.assert_allclose(test[0]["segments"][0], [0.14, 3.37])
  assert metadata["action_verb"][test[0]["labels"][0]] == 2 and metadata["action_noun"][test[0]["labels"][0]] == 8


@pytest.mark.parametrize(
  "split, train_segments, test_segments", [(1, 8_299, 2_022), (2, 8_299, 2_022), (3, 8_300, 2_021)]
)
def test_egtea_as_published(split, train_segments, test_segments, tmp_path):
  lengths = {"P07-R01-PastaSalad": 3000.0}
  train, test, found = published(f"egtea/split{split}", "data/egtea", tmp_path, lengths)
  found = {name: numbers[1:] for name, numbers in counts(found).items()}
  assert found == {"training": (train_segments,) * 2, "validation": (test_segments,) * 2}
  metadata = train.metadata["anticipation"]
  assert len(train.class_names) == 106 and len(metadata["verbs"]) == 19 and len(metadata["nouns"]) == 51
  assert train[0]["id"] == test[0]["id"] and not set(train[0]["segment_ids"]) & set(test[0]["segment_ids"])
