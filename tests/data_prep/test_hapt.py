import json
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from jaxvid import command, time_grid
from jaxvid.data import store
from jaxvid.data_prep import build
from jaxvid.data_prep.readers import hapt

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "hapt" / "HAPT_raw.tar.xz"


def run(source, data_dir, *flags, name="hapt"):
  command.run(build.main, [name, f"--source={source}", f"--data_dir={data_dir}", *flags])


def test_windows_are_flattened_axis_by_axis():
  samples = np.arange(150.0)[:, None] + [0, 1000, 2000]
  windows = hapt.windows(samples)
  assert windows.shape == (5, 150)  # Starts 0, 25, ..., 100.
  np.testing.assert_array_equal(windows[1], np.concatenate([np.arange(25, 75) + axis for axis in (0, 1000, 2000)]))


def test_a_record_is_a_subject_with_its_recordings_joined(hapt_source, tmp_path):
  run(hapt_source, tmp_path / "data")
  record = store.open_dataset(tmp_path / "data", "hapt", "subject_01")[0]
  samples = [np.loadtxt(hapt_source / "RawData" / f"acc_exp{experiment:02d}_user01.txt") for experiment in (1, 2)]
  assert record["id"] == "subject_01"
  np.testing.assert_array_equal(record["features"], hapt.windows(np.concatenate(samples, dtype=np.float32)))
  # The second recording starts after the 400 samples of the first, at 8 s.
  np.testing.assert_allclose(record["segments"], [[50 / 50, 150 / 50], [199 / 50, 399 / 50], [8.0, 8.0 + 100 / 50]])
  np.testing.assert_array_equal(record["labels"], [1, 0, 2])
  assert (record["fps"], record["feat_stride"], record["num_frames"], record["duration"]) == (50, 25, 50, 730 / 50)


def test_splits(hapt_source, tmp_path):
  run(hapt_source, tmp_path)

  def ids(split):
    records = store.open_dataset(tmp_path, "hapt", split)
    return [records[index]["id"] for index in range(len(records))]

  assert ids("train") == ["subject_01", "subject_03"]
  assert ids("test") == ["subject_02"]
  assert ids("fold_03_train") == ["subject_01", "subject_02"]
  assert ids("fold_03_test") == ["subject_03"]
  assert store.open_dataset(tmp_path, "hapt", "train").class_names == ["WALKING", "SITTING", "SIT_TO_STAND"]


def test_acc_gyro_puts_the_gyroscope_after_the_accelerometer(hapt_source, tmp_path):
  run(hapt_source, tmp_path)
  run(hapt_source, tmp_path, name="hapt/acc_gyro")
  both = store.open_dataset(tmp_path, "hapt/acc_gyro", "subject_02")
  assert both.contract.dim == 300
  np.testing.assert_array_equal(
    both[0]["features"][:, :150], store.open_dataset(tmp_path, "hapt", "subject_02")[0]["features"]
  )
  gyro = np.loadtxt(hapt_source / "RawData" / "gyro_exp03_user02.txt").astype(np.float32)
  np.testing.assert_array_equal(both[0]["features"][:, 150:], hapt.windows(gyro))


def _tar_xz(source, target):
  with tarfile.open(target, "w:xz") as archive:
    archive.add(source, arcname="")


def _nested_zip(source, target):
  with zipfile.ZipFile(target, "w") as archive:
    for file in source.rglob("*.txt"):
      archive.write(file, Path("HAPT Data Set") / file.relative_to(source))


def _nested_folder(source, target):
  shutil.copytree(source, target / "HAPT Data Set")


def test_blank_lines_at_the_end_do_no_harm(hapt_source, tmp_path):
  with (hapt_source / "RawData" / "labels.txt").open("a") as labels:
    labels.write("\n \n")
  run(hapt_source, tmp_path)
  assert len(store.open_dataset(tmp_path, "hapt", "train")) == 2


@pytest.mark.parametrize("pack", [_tar_xz, _nested_zip, _nested_folder])
def test_every_layout_gives_the_same_records(pack, hapt_source, tmp_path):
  pack(hapt_source, tmp_path / "packed")
  run(hapt_source, tmp_path / "plain_data")
  run(tmp_path / "packed", tmp_path / "packed_data")
  expected = store.open_dataset(tmp_path / "plain_data", "hapt", "train")
  actual = store.open_dataset(tmp_path / "packed_data", "hapt", "train")
  assert len(actual) == len(expected) == 2
  for index in range(2):
    np.testing.assert_equal(actual[index], expected[index])


def _edit(name, old, new):
  """Replaces a part of a text file."""

  def break_source(source):
    text = (source / name).read_text()
    assert old in text
    (source / name).write_text(text.replace(old, new, 1))

  return break_source


def _cut(name):
  """Cuts a text file short in the middle of a line."""

  def break_source(source):
    text = (source / name).read_text()
    (source / name).write_text(text[: text.index("\n", len(text) // 2) - 30])

  return break_source


def _drop_lines(name, num_lines):
  def break_source(source):
    lines = (source / name).read_text().splitlines(keepends=True)
    (source / name).write_text("".join(lines[:-num_lines]))

  return break_source


def _replace_line(name, index, new):
  def break_source(source):
    lines = (source / name).read_text().splitlines(keepends=True)
    lines[index] = new + "\n"
    (source / name).write_text("".join(lines))

  return break_source


def _remove(name):
  return lambda source: (source / name).unlink()


ACC, LABELS = "RawData/acc_exp02_user01.txt", "RawData/labels.txt"

# What breaks the source; the file, the field and the remedy that the message must name.
BAD = {
  "missing recording": (_remove(ACC), ACC, "no such file", "complete"),
  "missing labels": (_remove(LABELS), LABELS, "no such file", "complete"),
  "empty recording": (lambda source: (source / ACC).write_text(""), ACC, "line 1", "get it again"),
  "empty labels": (lambda source: (source / LABELS).write_text(""), LABELS, "line 1", "get it again"),
  "labels cut at the end of a line": (_drop_lines(LABELS, 1), LABELS, "labels: none for RawData/acc_exp04", "Get the"),
  "missing split": (_remove("Test/subject_id_test.txt"), "Test/subject_id_test.txt", "no such file", "complete"),
  "cut short": (_cut(ACC), ACC, "line 1", "get it again"),
  "cut at the end of a line": (_drop_lines(ACC, 300), LABELS, "subject_01, line 3", "Correct it"),
  "two columns": (_replace_line(ACC, 6, "0.1 0.2"), ACC, "line 7", "get it again"),
  "columns that cancel out": (_edit(ACC, "\n", " 0.5\n0.1 "), ACC, "line 1", "get it again"),
  "no number": (_replace_line(ACC, 6, "0.1 0.2 x"), ACC, "line 7", "get it again"),
  "NaN": (_replace_line(ACC, 6, "0.1 nan 0.2"), ACC, "line 7", "get it again"),
  "unknown label": (
    _edit(LABELS, "1 1 1 200", "1 1 9 200"),
    LABELS,
    "line 2: unknown label '9'",
    "Use one of: WALKING",
  ),
  "past the end": (_edit(LABELS, "5 275", "5 400"), LABELS, "subject_03, line 5", "Correct it"),
  "past its own recording": (_edit(LABELS, "200 400", "200 500"), LABELS, "subject_01, line 2", "Correct it"),
  "before the start": (_edit(LABELS, "11 61", "-50 61"), LABELS, "subject_02, line 4", "Correct it"),
  "reversed": (_edit(LABELS, "11 61", "61 11"), LABELS, "line 4: segment", "Swap"),
  "labels of four columns": (_edit(LABELS, "11 61", "11"), LABELS, "line 4", "get it again"),
  "activity without a number": (
    _edit("activity_labels.txt", "2 ", "two "),
    "activity_labels.txt",
    "line 2",
    "Get the file again",
  ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_stops_the_build(case, hapt_source, tmp_path):
  break_source, file, field, remedy = BAD[case]
  break_source(hapt_source)
  with pytest.raises(SystemExit) as stop:
    run(hapt_source, tmp_path / "data")
  message = stop.value.code
  assert message.startswith(f"error: {hapt_source}: {file}: ")
  assert field in message and remedy in message
  assert not (tmp_path / "data").exists()


def test_the_sensors_must_be_of_one_length(hapt_source, tmp_path):
  _drop_lines("RawData/gyro_exp03_user02.txt", 1)(hapt_source)
  run(hapt_source, tmp_path / "data")  # Without the gyroscope it does not matter.
  with pytest.raises(SystemExit, match=r"gyro_exp03_user02.txt: samples: acc and gyro have 500 and 499"):
    run(hapt_source, tmp_path / "data", name="hapt/acc_gyro")


def test_a_cut_archive_is_named(hapt_source, tmp_path):
  _tar_xz(hapt_source, tmp_path / "hapt.tar.xz")
  content = (tmp_path / "hapt.tar.xz").read_bytes()
  (tmp_path / "hapt.tar.xz").write_bytes(content[: len(content) // 2])
  with pytest.raises(SystemExit, match=r"hapt.tar.xz: archive: not readable .* Download it again"):
    run(tmp_path / "hapt.tar.xz", tmp_path / "data")
  assert not (tmp_path / "data").exists()


def test_unknown_configuration(hapt_source, tmp_path):
  with pytest.raises(SystemExit, match="hapt/mag: configuration: unknown. Use one of: default, acc_gyro"):
    run(hapt_source, tmp_path / "data", name="hapt/mag")


def test_skip_bad_leaves_out_the_subject_and_its_splits(hapt_source, tmp_path):
  _remove("RawData/acc_exp03_user02.txt")(hapt_source)
  _edit(LABELS, "1 1 1 200", "1 1 9 200")(hapt_source)
  run(hapt_source, tmp_path, "--skip_bad")
  everyone = store.open_dataset(tmp_path, "hapt", "fold_02_train")
  assert [everyone[index]["id"] for index in range(len(everyone))] == ["subject_01", "subject_03"]
  assert len(everyone[0]["labels"]) == 2  # One of its three annotations is bad.
  assert len(store.open_dataset(tmp_path, "hapt", "fold_01_train")) == 1
  with pytest.raises(ValueError, match="unknown split 'test'"):  # Subject 2 was all of it.
    store.open_dataset(tmp_path, "hapt", "test")
  skipped = json.loads((store.dataset_folder(tmp_path, "hapt") / "skipped.json").read_text())
  assert [(Path(entry["file"]).name, entry["field"]) for entry in skipped] == [
    ("labels.txt", "subject_01, line 2"),
    ("acc_exp03_user02.txt", "file"),
  ]


@pytest.mark.skipif(not PUBLISHED.exists(), reason=f"needs the published archive, {PUBLISHED}")
def test_published_counts(tmp_path):
  run(PUBLISHED, tmp_path)
  records = [store.open_dataset(tmp_path, "hapt", f"subject_{subject:02d}")[0] for subject in range(1, 31)]
  num_steps = [len(record["features"]) for record in records]
  assert (sum(num_steps), min(num_steps), max(num_steps)) == (44_866, 1_273, 1_943)
  assert sum(round(record["duration"] * 50) for record in records) == 1_122_772
  counts = np.bincount(np.concatenate([record["labels"] for record in records]))
  assert counts.tolist() == [127, 183, 186, 120, 120, 120, 60, 62, 60, 60, 58, 58]
  for record in records:
    assert len(record["features"]) == time_grid.expected_num_steps(record["duration"], 50, 25, 50)
    assert record["features"].shape[1] == 150
    assert (record["segments"][:, 1] < record["duration"]).all()
  for split, num_subjects in {"train": 21, "test": 9, "fold_30_train": 29, "fold_30_test": 1}.items():
    assert len(store.open_dataset(tmp_path, "hapt", split)) == num_subjects
