"""A dataset of one's own: every format and flag, and what is refused."""

import json

import numpy as np
import pytest

from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build
from jaxvid.data_prep.datasets import generic

TIMING = {"fps": 30, "feat_stride": 4, "num_frames": 16}


def database():
  """10 s, 20 s and 30 s at 30 frames a second, in steps of 4 frames that see 16."""

  def entry(subset, duration, *annotations):
    actions = [{"label": label, "segment": [start, end]} for label, start, end in annotations]
    steps = int((duration * 30 - 16) // 4) + 1
    return {"subset": subset, "duration": duration, "steps": steps, "annotations": actions}

  return {
    "a": entry("Train", 10.0, ("run", 1.0, 2.5), ("jump", 4.0, 9.5)),
    "b": entry("Train", 20.0, ("run", 3.0, 17.0), ("run", 3.0005, 17.0005), ("jump", 5.0, 5.0002)),
    "c": entry("held out", 30.0, ("jump", 20.0, 29.0)),
  }


def run(source, data_dir, *flags, name="generic"):
  command.run(build.main, [name, f"--source={source}", f"--data_dir={data_dir}", *flags])


def first(tmp_path, name="generic", split="train"):
  return store.open_dataset(tmp_path / "data", name, split)


def test_records_and_metadata(make_source, tmp_path, capsys):
  source = make_source(database(), **TIMING)
  run(source, tmp_path / "data", name="generic/mine")
  train = first(tmp_path, "generic/mine")
  assert train.class_names == ["jump", "run"]  # Without ids: in the order of the names.
  np.testing.assert_array_equal(train[0]["segments"], [[1.0, 2.5], [4.0, 9.5]])
  np.testing.assert_array_equal(train[0]["labels"], [1, 0])
  np.testing.assert_array_equal(train[0]["features"], np.load(source / "a.npy").astype(np.float16))
  assert [len(train), len(first(tmp_path, "generic/mine", "held_out"))] == [2, 1]
  contract = train.contract
  assert (contract.fps, contract.feat_stride, contract.num_frames, contract.dim) == (30, 4, 16, 4)
  assert len(train[1]["labels"]) == 3
  assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:4]] == ["train", "held_out", "total"]


def npz(stem, features):
  np.savez(f"{stem}.npz", feats=features)


def hdf5(stem, features):
  with pytest.importorskip("h5py").File(f"{stem}.h5", "w") as file:
    file["features"] = features


def one_hdf5(stem, features):
  with pytest.importorskip("h5py").File(stem.with_name("all.h5"), "a") as file:
    file[stem.name] = features


def one_hdf5_of_groups(stem, features):
  with pytest.importorskip("h5py").File(stem.with_name("all.h5"), "a") as file:
    file[f"{stem.name}/c3d"] = features


def pt(stem, features):
  torch = pytest.importorskip("torch")
  torch.save(torch.from_numpy(features), f"{stem}.pt")


def in_folders(stem, features):
  folder = stem.parent / ("train" if stem.name < "c" else "test")
  folder.mkdir(exist_ok=True)
  np.save(folder / f"{stem.name}.npy", features)


@pytest.mark.parametrize("save", [npz, hdf5, one_hdf5, one_hdf5_of_groups, pt, in_folders])
def test_formats(save, make_source, tmp_path):
  source = make_source(database(), save, **TIMING)
  features = source / "all.h5" if (source / "all.h5").exists() else source
  run(features, tmp_path / "data", f"--annotations={source / 'annotations.json'}", "--dtype=float32")
  record = first(tmp_path)[0]
  expected = np.random.default_rng(0).normal(size=(72, 4)).astype(np.float32)
  np.testing.assert_array_equal(record["features"], expected)


def test_files_with_affixes_and_joined_features(make_source, tmp_path):
  source = make_source(
    database(), lambda stem, features: np.save(f"{stem}-rgb.npy", features), prefix="vid_", dim=2, **TIMING
  )
  flow = tmp_path / "flow"
  flow.mkdir()
  for file in source.glob("*.npy"):
    np.save(flow / file.name, 10 + np.load(file))
  run(source, tmp_path / "data", "--prefix=vid_", "--suffix=-rgb", f"--join={flow}", "--dtype=float32")
  features = first(tmp_path)[0]["features"]
  assert features.shape == (72, 4) and first(tmp_path).contract.dim == 4
  np.testing.assert_array_equal(features[:, 2:], features[:, :2] + 10)
  np.save(flow / "vid_b-rgb.npy", np.zeros((100, 2), np.float32))
  with pytest.raises(SystemExit, match="147 and 100 steps cannot be joined. Extract them with one stride"):
    run(source, tmp_path / "data", "--prefix=vid_", "--suffix=-rgb", f"--join={flow}", "--overwrite")


def test_flags_rule_over_the_annotations_and_say_so(make_source, tmp_path, capsys):
  source = make_source(database(), **TIMING | {"fps": 25})
  run(source, tmp_path / "data", "--fps=30")
  assert first(tmp_path)[0]["fps"] == 30 and first(tmp_path).contract.fps == 30
  note = "fps 30 is taken, though the annotations have up to 25"
  assert f"note: {note}" in capsys.readouterr().out
  assert first(tmp_path).metadata["notes"] == [note]


def test_timing_of_each_recording(make_source, tmp_path):
  videos = database()
  for name, fps in (("a", 15), ("b", 30), ("c", 30)):
    videos[name]["fps"] = fps
  videos["a"]["steps"] = int((10 * 15 - 16) // 4) + 1
  run(make_source(videos, feat_stride=4, num_frames="16"), tmp_path / "data")
  train = first(tmp_path)
  assert [train[0]["fps"], train[1]["fps"]] == [15, 30] and train.contract.fps is None
  assert train.contract.num_frames == 16


def test_fixed_length_features(make_source, tmp_path):
  videos = database()
  for entry in videos.values():
    entry["steps"] = 50
  run(make_source(videos, **TIMING), tmp_path / "data", "--fixed_length")
  train = first(tmp_path)
  assert train[0]["feat_stride"] == train[0]["num_frames"] == 10 * 30 / 50
  assert train[1]["feat_stride"] == 20 * 30 / 50
  assert train.contract.feat_stride is None and train.contract.num_frames is None and train.contract.fps == 30


def test_classes(make_source, tmp_path):
  videos = database()
  for entry in videos.values():
    for annotation in entry["annotations"]:
      annotation["label_id"] = {"run": 0, "jump": 2}[annotation["label"]]
  source = make_source(videos, **TIMING)
  with pytest.raises(SystemExit, match=r"unknown label 'jump \(label_id 2\)'. Use one of: run"):
    run(source, tmp_path / "data")
  run(source, tmp_path / "data", "--num_classes=4")
  assert first(tmp_path).class_names == ["run", "class 1", "jump", "class 3"]
  np.testing.assert_array_equal(first(tmp_path)[0]["labels"], [0, 2])
  (tmp_path / "names.txt").write_text("run\nrest\njump\n")
  run(source, tmp_path / "data", f"--class_names={tmp_path / 'names.txt'}", "--overwrite")
  assert first(tmp_path).class_names == ["run", "rest", "jump"]
  run(source, tmp_path / "data", "--single_class", "--num_classes=3", "--overwrite")
  assert first(tmp_path).class_names == ["action"] and first(tmp_path)[0]["labels"].tolist() == [0, 0]
  (tmp_path / "names.txt").write_text("run\nrun\njump\n")
  with pytest.raises(SystemExit, match="classes: two have the name 'run'"):
    run(source, tmp_path / "data", f"--class_names={tmp_path / 'names.txt'}", "--overwrite")
  with pytest.raises(SystemExit, match="absent.txt: class names: not readable"):
    run(source, tmp_path / "data", f"--class_names={tmp_path / 'absent.txt'}", "--overwrite")


def test_single_class_does_not_hide_an_unknown_label(make_source, tmp_path):
  videos = database()
  for entry in videos.values():
    for annotation in entry["annotations"]:
      annotation["label_id"] = {"run": 0, "jump": 1}[annotation["label"]]
  videos["a"]["annotations"][0]["label_id"] = 5
  with pytest.raises(SystemExit, match=r"unknown label 'run \(label_id 5\)'. Use one of: action"):
    run(make_source(videos, **TIMING), tmp_path / "data", "--single_class")


def test_repeated_annotations_are_dropped_on_demand(make_source, tmp_path, capsys):
  source = make_source(database(), **TIMING)
  run(source, tmp_path / "data", "--drop_repeated")
  np.testing.assert_array_equal(first(tmp_path)[1]["segments"], [[3.0, 17.0]])
  out = capsys.readouterr().out
  assert "left out as repeated: 1" in out and "left out as too short: 1" in out


@pytest.mark.parametrize(
  "splits, expected",
  [
    (["train", "val"], {"test": ["val"]}),
    (["training", "validation", "testing"], {"train": ["training"], "test": ["testing"]}),
    (["validation", "test"], {"train": ["validation"]}),
    (["train", "test"], {}),
    (["kitchen", "office"], {}),
  ],
)
def test_aliases(splits, expected):
  assert generic.DATASET.aliases_of(splits) == expected


def _entry(name="a", **changes):
  def change(videos):
    videos[name].update(changes)

  return change


def _annotation(**changes):
  def change(videos):
    videos["a"]["annotations"][0].update(changes)

  return change


# What is wrong in the database; what the message must say.
BAD = {
  "reversed": (_annotation(segment=[2.5, 1.0]), "a, annotations[0]: segment 2.5 to 1 s is reversed or empty. Swap"),
  "beyond the end": (_annotation(segment=[2.5, 11.0]), "a, annotations[0]: segment 2.5 to 11 s lies outside"),
  "ids of some": (
    _annotation(label_id=0),
    "label_id: some annotations have one, others (such as 'jump') none",
  ),
  "no subset": (_entry(subset=None), "database.a.subset: missing. Say to which subset it belongs"),
  "reserved subset": (
    _entry(subset="All"),
    "database.a.subset: 'all' stands for all splits together. Give it",
  ),
  "no segment": (_annotation(segment=None), "segment nan to nan s is not two finite numbers"),
  "no duration": (
    _entry(duration="long"),
    "annotations.json: database.a.duration: 'long' is not a number. Correct it.",
  ),
  "too few steps": (
    _entry(steps=40),
    "a.npy: number of steps: 40, but 10 s at 30 fps with a step every 4",
  ),
  "no annotation at all": (lambda videos: [v.update(annotations=[]) for v in videos.values()], "annotations: none in"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_annotations(case, make_source, tmp_path):
  videos = database()
  change, message = BAD[case]
  change(videos)
  source = make_source(videos, **TIMING)
  with pytest.raises(SystemExit) as stop:
    run(source, tmp_path / "data")
  assert message in stop.value.code
  assert not (tmp_path / "data").exists()


def _saved(array):
  return lambda file: np.save(file, array)


BAD_FILES = {
  "missing": (lambda file: file.unlink(), "b.npy: features: no such file, though its recording is annotated. Extract"),
  "cut short": (lambda file: file.write_bytes(file.read_bytes()[:300]), "b.npy: features: not readable as .npy"),
  "empty": (lambda file: file.write_bytes(b""), "b.npy: features: not readable as .npy"),
  "NaN": (
    _saved(np.full((147, 4), np.nan, np.float32)),
    "b.npy: features: NaN or infinity in step 0. Extract",
  ),
  "another dim": (_saved(np.ones((147, 5), np.float32)), "b.npy: features: dim 5, while the other files have 4"),
  "transposed": (_saved(np.ones((4, 147), np.float32)), "b.npy: features: dim 147, while the other files have 4"),
  "one axis": (_saved(np.ones(147, np.float32)), "b.npy: features: shape (147,), not (steps, dim)"),
  "overflow": (_saved(np.full((147, 4), 1e6, np.float32)), "overflow float16. Give --dtype=float32"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_features(case, make_source, tmp_path):
  source = make_source(database(), **TIMING)
  damage, message = BAD_FILES[case]
  damage(source / "b.npy")
  with pytest.raises(SystemExit) as stop:
    run(source, tmp_path / "data")
  assert message in stop.value.code
  assert not (tmp_path / "data").exists()


def test_unknown_timing_names_the_flag(make_source, tmp_path):
  with pytest.raises(SystemExit, match="a fps: not there. Give --fps, or write it into the annotations"):
    run(make_source(database()), tmp_path / "data", "--feat_stride=4", "--num_frames=16")


@pytest.mark.parametrize("flags", [["--fps=25"], ["--fps=32"], ["--feat_stride=8"], ["--num_frames=128"]])
def test_wrong_timing_never_builds(flags, make_source, tmp_path):
  """Also where no single recording shows it: at 32 for 30 fps the longest is 15 steps off, of the 16 it may be."""
  with pytest.raises(SystemExit, match="steps"):
    run(make_source(database(), **TIMING), tmp_path / "data", *flags)
  assert not (tmp_path / "data").exists()


def test_a_shift_of_all_recordings_is_told_with_what_fits(make_source, tmp_path):
  with pytest.raises(SystemExit) as stop:
    run(make_source(database(), **TIMING), tmp_path / "data", "--fps=32")
  assert "the median recording has 0.936 times the steps" in stop.value.code
  assert "about 7.49 steps a second, while fps / feat_stride is 8" in stop.value.code


def test_tolerance_can_be_raised(make_source, tmp_path):
  videos = database()
  videos["b"]["steps"] = 60  # The features end after 40% of the recording.
  source = make_source(videos, **TIMING)
  with pytest.raises(SystemExit, match="number of steps: 60"):
    run(source, tmp_path / "data")
  run(source, tmp_path / "data", "--steps_tolerance=0.7")
  assert len(first(tmp_path)[1]["features"]) == 60


def test_hdf5_of_all_lacks_one(make_source, tmp_path):
  h5py = pytest.importorskip("h5py")
  source = make_source(database(), one_hdf5, **TIMING)
  with h5py.File(source / "all.h5", "a") as file:
    del file["b"]
  with pytest.raises(SystemExit, match="all.h5: b: not in the file, though its recording is annotated"):
    run(source / "all.h5", tmp_path / "data", f"--annotations={source / 'annotations.json'}")
  (source / "none.h5").write_bytes(b"no")
  with pytest.raises(SystemExit, match="none.h5: features: not readable as HDF5"):
    run(source / "none.h5", tmp_path / "data", f"--annotations={source / 'annotations.json'}")


def test_no_feature_of_any_recording(make_source, tmp_path):
  source = make_source(database(), prefix="vid_", **TIMING)
  with pytest.raises(SystemExit, match="no readable file of an annotated recording, such as a.npy.*check --prefix"):
    run(source, tmp_path / "data")


def test_skip_bad_lists_what_it_left_out(make_source, tmp_path):
  videos = database()
  _annotation(segment=[2.5, 1.0])(videos)
  source = make_source(videos, **TIMING)
  (source / "c.npy").unlink()
  run(source, tmp_path / "data", "--skip_bad")
  skipped = json.loads((store.dataset_folder(tmp_path / "data", "generic") / "skipped.json").read_text())
  assert [entry["field"] for entry in skipped] == ["a, annotations[0]", "features"]
  assert len(first(tmp_path)[0]["labels"]) == 1


@pytest.mark.parametrize("file", ["jump/a.mp4", "clips.csv"])
def test_clips_are_sent_elsewhere(file, tmp_path):
  path = tmp_path / "source" / file
  path.parent.mkdir(parents=True)
  path.write_bytes(b"")
  with pytest.raises(SystemExit, match="source: --source: holds videos .* with clip_folder/mine"):
    run(tmp_path / "source", tmp_path / "data", name="generic/mine")


def test_timing_that_is_not_positive_is_refused(make_source, tmp_path):
  with pytest.raises(SystemExit, match="flags: fps: must be a positive number; got -1"):
    run(make_source(database(), **TIMING), tmp_path / "data", "--fps=-1")
