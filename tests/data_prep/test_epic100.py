import argparse
import json

import numpy as np
import pytest

import golden
from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build, stats
from jaxvid.data_prep.datasets import epic100

OFFICIAL_HEADER = "narration_id,participant_id,video_id,start_timestamp,stop_timestamp,verb_class,noun_class"
OFFICIAL = {
  "EPIC_100_train.csv": f"""{OFFICIAL_HEADER}
P01_01_0,P01,P01_01,00:00:01.00,00:00:02.50,0,1
P01_01_1,P01,P01_01,00:01:01.25,00:01:03.00,1,0
P02_01_0,P02,P02_01,00:00:00.10,00:00:04.00,0,0
""",
  "EPIC_100_validation.csv": f"{OFFICIAL_HEADER}\nP01_02_0,P01,P01_02,00:00:05.00,00:00:09.00,1,1\n",
  "EPIC_100_video_info.csv": "video_id,duration,fps\nP01_01,80.0,59.94\nP01_02,30.0,50\nP02_01,40.0,50\nP09_01,9,50\n",
  "EPIC_100_verb_classes.csv": 'id,key,instances\n0,take,"[\'get\', \'take\']"\n1,put,"[]"\n2,wash,"[]"\n',
  "EPIC_100_noun_classes.csv": "id,key\n1,spoon\n0,tap\n",
  "actions.csv": "id,verb,noun,action\n0,0,1,take spoon\n1,1,0,put tap\n2,0,0,take tap\n3,1,1,put spoon\n",
}
# The same in the form that anticipation work uses: frames at 30 a second.
FRAMES = {
  "training.csv": "narration_id,video,start,stop,verb,noun,action\n"
  "P01_01_0,P01_01,30,75,0,1,0\nP01_01_1,P01_01,1837,1890,1,0,1\nP02_01_0,P02_01,3,120,0,0,2\n",
  "validation.csv": "narration_id,video,start,stop,verb,noun,action\nP01_02_0,P01_02,150,270,1,1,3\n",
  "video_lengths.csv": "video,frames\nP01_01,2400\nP01_02,900\nP02_01,1200\n",
} | {name: OFFICIAL[name] for name in ("EPIC_100_verb_classes.csv", "EPIC_100_noun_classes.csv", "actions.csv")}

DURATIONS = {"P01_01": 80.0, "P01_02": 30.0, "P02_01": 40.0}


@pytest.fixture
def source(tmp_path):
  """Features as ActionFormer's release has them: NAME.npz with "feats", 32 frames every 16, at 30 a second."""
  folder = tmp_path / "features"
  folder.mkdir()
  for name, duration in DURATIONS.items():
    steps = int((duration * 30 - 32) // 16) + 1
    np.savez(folder / f"{name}.npz", feats=np.random.default_rng(0).normal(size=(steps, 3)).astype(np.float32))
  return folder


def write(folder, files):
  folder.mkdir(exist_ok=True)
  for name, text in files.items():
    (folder / name).write_text(text)
  return folder


def run(task, source, annotations, data_dir, *flags):
  command.run(
    build.main,
    [f"epic100/{task}", f"--source={source}", f"--annotations={annotations}", f"--data_dir={data_dir}", *flags],
  )
  return store.open_dataset(data_dir, f"epic100/{task}", "train")


def test_the_official_files(source, tmp_path):
  csv = write(tmp_path / "csv", OFFICIAL)
  nouns = run("noun", source, csv, tmp_path / "data")
  assert nouns.class_names == ["tap", "spoon"] and len(nouns) == 2
  np.testing.assert_array_equal(nouns[0]["segments"], [[1.0, 2.5], [61.25, 63.0]])
  np.testing.assert_array_equal(nouns[0]["labels"], [1, 0])
  assert (nouns.contract.fps, nouns.contract.feat_stride, nouns.contract.num_frames) == (30, 16, 32)
  assert nouns[0]["duration"] == 80.0
  verbs = run("verb", source, csv, tmp_path / "data")
  assert verbs.class_names == ["take", "put", "wash"]  # Also the one without an annotation.
  np.testing.assert_array_equal(verbs[0]["labels"], [0, 1])
  actions = run("action", source, csv, tmp_path / "data")
  assert actions.class_names[3] == "put spoon"
  np.testing.assert_array_equal(actions[0]["labels"], [0, 1])
  assert len(store.open_dataset(tmp_path / "data", "epic100/action", "test")) == 1


def test_frames_say_the_same_to_within_one(source, tmp_path):
  official = run("action", source, write(tmp_path / "csv", OFFICIAL), tmp_path / "data")
  frames = run("action", source, write(tmp_path / "frames", FRAMES), tmp_path / "other")
  for index in range(2):
    np.testing.assert_allclose(frames[index]["segments"], official[index]["segments"], atol=1 / 30)
    np.testing.assert_array_equal(frames[index]["labels"], official[index]["labels"])
    assert frames[index]["duration"] == official[index]["duration"]


def test_actionformers_json_keeps_classes_without_an_annotation(source, tmp_path):
  def entry(subset, name, *labels):
    annotations = [{"label": f"noun{label}", "label_id": label, "segment": [1.0, 2.0]} for label in labels]
    return {"subset": subset, "duration": DURATIONS[name], "fps": 59.94, "annotations": annotations}

  database = {
    "P01_01": entry("training", "P01_01", 0, 299),
    "P01_02": entry("validation", "P01_02", 7),
    "P02_01": entry("training", "P02_01", 7),
  }
  (tmp_path / "epic.json").write_text(json.dumps({"database": database}))
  nouns = run("noun", source, tmp_path / "epic.json", tmp_path / "data")
  assert len(nouns.class_names) == 300 and nouns.class_names[6:8] == ["class 6", "noun7"]
  np.testing.assert_array_equal(nouns[0]["labels"], [0, 299])
  assert nouns[0]["fps"] == 30  # Of the features, whatever the video's is.


def _without(name):
  return {key: text for key, text in OFFICIAL.items() if key != name}


def _replaced(name, old, new):
  assert old in OFFICIAL[name]
  return OFFICIAL | {name: OFFICIAL[name].replace(old, new)}


TRAIN = "EPIC_100_train.csv"
BAD = {
  "no training file": (_without(TRAIN), "csv: annotations: has no EPIC_100_train.csv or training.csv. Give the folder"),
  "no classes": (_without("EPIC_100_noun_classes.csv"), "has no EPIC_100_noun_classes.csv"),
  "no durations": (_without("EPIC_100_video_info.csv"), "has no EPIC_100_video_info.csv or video_lengths.csv"),
  "unknown noun": (
    _replaced(TRAIN, "02.50,0,1", "02.50,0,9"),
    "train.csv line 2: unknown label 'noun 9'. Use one of: tap",
  ),
  "no noun": (_replaced(TRAIN, "02.50,0,1", "02.50,0"), "EPIC_100_train.csv: line 2: no value in column noun_class"),
  "no time": (
    _replaced(TRAIN, "00:00:02.50", "2.5"),
    "train.csv: line 2, stop_timestamp: '2.5' is not a time HH",
  ),
  "reversed": (_replaced(TRAIN, "00:00:02.50", "00:00:00.50"), "line 2: segment 1 to 0.5 s is reversed"),
  "beyond the end": (_replaced(TRAIN, "00:01:03.00", "00:02:03.00"), "line 3: segment 61.25 to 123 s lies outside"),
  "unknown video": (
    _replaced("EPIC_100_video_info.csv", "P02_01", "P02_99"),
    "csv: duration of P02_01: not in the file of durations",
  ),
  "ids with a gap": (_replaced("EPIC_100_noun_classes.csv", "1,spoon", "2,spoon"), "id: not every number from 0 on"),
  "two of a name": (_replaced("EPIC_100_noun_classes.csv", "1,spoon", "1,tap"), "names: two classes have one name"),
  "another dataset": (OFFICIAL | {"EPIC_100_video_info.csv": "a,b\n1,2\n"}, "line 2: no value in column video_id"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case, source, tmp_path):
  files, message = BAD[case]
  with pytest.raises(SystemExit) as stop:
    run("noun", source, write(tmp_path / "csv", files), tmp_path / "data")
  assert message in stop.value.code


def test_unknown_configuration_and_pairs(source, tmp_path):
  csv = write(tmp_path / "csv", OFFICIAL | {"actions.csv": "id,verb,noun,action\n0,0,1,take spoon\n"})
  with pytest.raises(SystemExit, match="epic100/default: configuration: unknown. Use one of: verb, noun, action"):
    command.run(build.main, ["epic100", f"--source={source}", f"--annotations={csv}", f"--data_dir={tmp_path}"])
  with pytest.raises(SystemExit, match="unknown label 'verb 1 with noun 0'"):
    run("action", source, csv, tmp_path / "data")


@pytest.mark.parametrize("task, num_classes, used", [("noun", 300, 293), ("action", 3_806, None)])
def test_published_counts(task, num_classes, used):
  found = epic100.DATASET.reader(golden.shared("data/epic100"), task, argparse.Namespace(annotations=None))
  assert len(found.class_names) == num_classes
  segments, labels = {}, set()
  for split, named in found.recordings.items():
    videos = [read() for read in named.values()]
    segments[split] = sum(len(video.actions) for video in videos)
    labels |= {action.label for video in videos for action in video.actions}
  assert segments == {"training": 67_217, "validation": 9_668}
  assert {split: len(named) for split, named in found.recordings.items()} == {"training": 495, "validation": 138}
  assert labels <= set(found.class_names) and (used is None or len(labels) == used)


def test_stats_tells_the_published_counts(tmp_path, capsys):
  command.run(
    stats.main,
    ["epic100/verb", f"--annotations={golden.shared('data/epic100')}", f"--output={tmp_path / 'stats.json'}"],
  )
  numbers = json.loads((tmp_path / "stats.json").read_text())
  assert [numbers["splits"][split]["segments"] for split in ("training", "validation")] == [67_217, 9_668]
  assert numbers["splits"]["training"]["classes"] == 97 and not numbers["problems"]
  assert "67,217" in capsys.readouterr().out
