"""Features of videos: each step is what the network makes of its frames, and files that say what they are."""

import json
import logging

import jax
import numpy as np
import pytest

import small_videos
from jaxvid import command
from jaxvid import extract as extract_command
from jaxvid.configs import gym99_tag
from jaxvid.data.clip_views import Views
from jaxvid.formats.contract import FeatureContract
from jaxvid.inference.classifier import Classifier
from jaxvid.inference.clip_model import ClipModel
from jaxvid.inference.extract import extract
from jaxvid.inference.extractor import FeatureExtractor
from jaxvid.tasks.recognition import Task
from jaxvid.train import imported
from jaxvid.train.experiment import Experiment
from jaxvid.video import transforms
from jaxvid.video.decode import Video
from jaxvid.video.errors import VideoError
from jaxvid.video.flow import Flow

TINY = dict(type="r2plus1d", width=4, depths=(1,), mid_planes="each", norm_epsilon=1e-3)


def views(**changes):
  settings = dict(clip_len=4, sampling="uniform", stride=1, target_fps=None, short="repeat_last", jitter=False)
  settings |= dict(short_side=20, crop=16, scale=None, flip=False, num_clips=1, num_crops=1)
  return Views(**settings | changes)


@pytest.fixture(scope="module")
def model():
  config = gym99_tag.get_config("smoke,pool").to_dict()
  config["model"]["backbone"] |= TINY
  network = Experiment.from_config(config, "").network
  variables = jax.device_get(jax.jit(network.init)(jax.random.key(0), np.zeros((1, 4, 16, 16, 3), np.uint8)))
  return ClipModel("tiny", network, dict(variables), [], views(), Task(6))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
  """23 frames, 25 a second."""
  return small_videos.write(tmp_path_factory.mktemp("videos") / "a.mp4", 23)


def with_views(model, **changes):
  return ClipModel(model.name, model.network, model.variables, [], views(**changes), model.task)


def by_hand(model, video, frames, layer="backbone"):
  """The feature of these frames."""
  clip = transforms.center_crop(Video(video).frames(frames, model.views.test_size(48, 64)), 16)
  outputs = jax.jit(model.network.apply)(model.variables, clip[None])
  return outputs.pooled[0] if layer == "pooled" else outputs.features.features.mean((0, 1, 2, 3))


def test_a_step_is_the_network_on_its_frames(model, video):
  extractor = FeatureExtractor(model, stride=3, batch_size=4)
  features = extractor(video)
  assert features.dtype == np.float32 and features.shape == (7, extractor.dim)  # Of 23 frames the last is left out.
  for index in (0, 4, 6):
    expected = by_hand(model, video, np.arange(3 * index, 3 * index + 4))
    np.testing.assert_allclose(features[index], expected, rtol=1e-4, atol=1e-6)
  assert np.abs(np.diff(features, axis=0)).max(1).min() > 1e-3  # No two steps are alike.


def test_the_flow_of_a_video(model, video):
  config = gym99_tag.get_config("smoke,pool").to_dict()
  config["model"] |= dict(backbone=TINY, normalization="symmetric")
  network = Experiment.from_config(config, "").network
  variables = jax.device_get(jax.jit(network.init)(jax.random.key(0), np.zeros((1, 4, 16, 16, 2), np.uint8)))
  two_channels = ClipModel("tiny", network, dict(variables), [], views(flow="dis"), Task(6))
  extractor = FeatureExtractor(two_channels, stride=3)
  clip = Flow(Video(video), "dis").frames(np.arange(6, 10), two_channels.views.test_size(48, 64))
  outputs = jax.jit(network.apply)(variables, transforms.center_crop(clip, 16)[None, ..., :2])
  expected = outputs.features.features.mean((0, 1, 2, 3))
  np.testing.assert_allclose(extractor(video)[2], expected, rtol=1e-4, atol=1e-6)
  assert extractor.contract(25.0).normalization == "symmetric, 4 frames of dis flow of 16 x 16 from short side 20"
  assert len(Classifier(two_channels)(video)) == 5
  with pytest.raises(ValueError, match="normalization 'kinetics' is for 3 channels, the clip has 2"):
    FeatureExtractor(with_views(model, flow="dis"))


def seen(model, video, **settings):
  """The numbers of the frames that the network sees, (T, N)."""
  extractor = FeatureExtractor(model, **settings)
  frames = Video(video)
  clips = np.stack(list(extractor._clips(_Numbered(frames))))
  return clips[..., 0, 0, 0]


class _Numbered:
  """A video of which every pixel of frame i is i."""

  def __init__(self, video):
    self.num_frames, self.timestamps = video.num_frames, video.timestamps
    self.height, self.width, self.fps = video.height, video.width, video.fps

  def iterate(self, indices, size):
    assert (np.diff(indices) > 0).all()
    for index in indices:
      yield np.full((*size, 3), index, np.uint8)


def test_which_frames_a_step_sees(model, video):
  assert seen(model, video, stride=9).tolist() == [[0, 1, 2, 3], [9, 10, 11, 12], [18, 19, 20, 21]]
  # Longer clips are sampled as the tests of the network sample.
  assert seen(model, video, clip_len=8, stride=8).tolist() == [[1, 3, 5, 7], [9, 11, 13, 15]]
  dense = with_views(model, sampling="dense", stride=2)
  assert seen(dense, video).tolist() == [[start + place for place in (0, 2, 4, 6)] for start in range(0, 16, 2)]
  assert seen(dense, video, clip_len=5, stride=9).tolist() == [[0, 2, 4], [9, 11, 13], [18, 20, 22]]
  # At 12.5 frames a second, every other frame; at 50, each twice.
  assert seen(model, video, target_fps=12.5, stride=4).tolist() == [[0, 2, 4, 6], [8, 10, 12, 14], [16, 18, 20, 22]]
  assert seen(model, video, target_fps=50, stride=20)[:2].tolist() == [[0, 0, 1, 1], [10, 10, 11, 11]]
  assert seen(with_views(model, target_fps=12.5), video, stride=4).tolist()[1] == [8, 10, 12, 14]
  # Shorter than one clip: the last frame repeats.
  assert seen(with_views(model, clip_len=25), video)[0].tolist() == [*range(23), 22, 22]


def test_steps_come_with_the_times_at_which_they_end(model, video):
  extractor = FeatureExtractor(model, stride=3, batch_size=2)
  steps = list(extractor.steps(video))
  assert [time for time, _ in steps] == pytest.approx([(3 * index + 4) / 25 for index in range(7)])
  np.testing.assert_array_equal(np.stack([feature for _, feature in steps]), extractor(video))
  [(time, _)] = FeatureExtractor(with_views(model, clip_len=25), batch_size=1).steps(video)
  assert time == Video(video).duration
  time, _ = next(FeatureExtractor(model, target_fps=12.5, batch_size=1).steps(video))
  assert time == pytest.approx(4 / 12.5)


def test_what_the_classifier_sees(model, video):
  pooled = FeatureExtractor(model, layer="pooled", stride=9)
  np.testing.assert_allclose(pooled(video)[1], by_hand(model, video, np.arange(9, 13), "pooled"), rtol=1e-4, atol=1e-6)
  assert pooled.contract(25).extractor == "tiny pooled"


def test_frames_are_decoded_as_they_are_needed(model, video, monkeypatch):
  decoded = []
  iterate = Video.iterate

  def counted(self, indices, size):
    for index, frame in zip(indices, iterate(self, indices, size), strict=True):
      decoded.append(int(index))
      yield frame

  monkeypatch.setattr(Video, "iterate", counted)
  steps = FeatureExtractor(model, stride=4, batch_size=1).steps(video)
  next(steps)
  assert max(decoded) < 12
  list(steps)
  assert decoded == list(range(20))


def test_the_contract(model):
  extractor = FeatureExtractor(model, clip_len=8, stride=2)
  contract = extractor.contract(25.0)
  seen = "kinetics, 4 frames of 16 x 16 from short side 20"
  assert contract == FeatureContract("tiny", contract.weights_hash, 25.0, 2, 8, extractor.dim, seen)
  assert FeatureExtractor(model, target_fps=10).contract(None).fps == 10

  def changed(part):
    variables = jax.tree.map(np.array, model.variables)
    variables["params"][part] = jax.tree.map(lambda array: array + 1, variables["params"][part])
    return ClipModel("tiny", model.network, variables, [], views(), model.task)

  models = (model, model, changed("head"), changed("backbone"))
  hashes = [FeatureExtractor(of).contract(25).weights_hash for of in models]
  assert hashes[0] == hashes[1] == hashes[2] == contract.weights_hash != hashes[3]  # The head has no part in it.
  pooled = [FeatureExtractor(of, layer="pooled").contract(25).weights_hash for of in (model, changed("head"))]
  assert pooled[0] != pooled[1]


@pytest.mark.parametrize(
  "settings, problem",
  [
    (dict(layer="logits"), "layer: 'logits' is not one of backbone, pooled"),
    (dict(stride=0), "stride 0, batch_size 8: must be 1 or more"),
    (dict(target_fps=-1), "target_fps: -1"),
  ],
)
def test_settings_that_are_none(settings, problem, model):
  with pytest.raises(ValueError, match=problem):
    FeatureExtractor(model, **settings)


@pytest.fixture
def folder(video, tmp_path):
  videos = tmp_path / "videos"
  videos.mkdir()
  for name in ("a", "b"):
    (videos / f"{name}.mp4").write_bytes(video.read_bytes())
  return videos


def test_a_folder_of_videos(model, folder, tmp_path, monkeypatch):
  extractor, output = FeatureExtractor(model, stride=3), tmp_path / "features"
  found = extract(extractor, folder, output)
  assert (found.written, found.there, found.left_out, found.steps) == (2, 0, 0, 14)
  assert sorted(file.name for file in output.iterdir()) == ["a.npy", "b.npy", "contract.json"]
  np.testing.assert_array_equal(np.load(output / "b.npy"), extractor(folder / "b.mp4"))
  contract = FeatureContract.of_folder(output)
  assert contract == extractor.contract(25.0) and (contract.feat_stride, contract.num_frames) == (3, 4)

  (output / "a.npy").unlink()  # As if the run had been stopped.
  kept = (output / "b.npy").stat().st_mtime_ns
  found = extract(extractor, folder, output)
  assert (found.written, found.there, found.steps) == (1, 1, 7) and (output / "b.npy").stat().st_mtime_ns == kept
  assert extract(extractor, folder, output).there == 2


def test_features_of_another_kind_are_not_mixed_in(model, folder, tmp_path):
  extractor, output = FeatureExtractor(model, stride=3), tmp_path / "features"
  extract(extractor, folder, output)
  with pytest.raises(ValueError, match="contract.json: features of another contract .feat_stride: 3 against 2.; give"):
    extract(FeatureExtractor(model, stride=2), folder, output)
  small_videos.write(folder / "c.mp4", 12, times=np.arange(12) / 10)
  with pytest.raises(ValueError, match="c.mp4: fps: 10.0 here, 25.0 in .*contract.json; give one --target_fps"):
    extract(extractor, folder, output, skip_bad=True)
  resampled = FeatureExtractor(model, stride=3, target_fps=10)
  assert extract(resampled, folder, tmp_path / "resampled").written == 3
  assert len(np.load(tmp_path / "resampled" / "c.npy")) == 3
  (output / "contract.json").unlink()
  with pytest.raises(ValueError, match="features, but no contract.json that says what they are"):
    extract(extractor, folder, output)
  (output / "contract.json").write_text(json.dumps({"fps": 25}))
  with pytest.raises(ValueError, match="contract.json: dim: missing, so this is not a feature contract"):
    extract(extractor, folder, output)


def test_bad_videos(model, folder, tmp_path, caplog):
  (folder / "Bad.mp4").write_bytes(b"not a video")
  extractor = FeatureExtractor(model, stride=3)
  with pytest.raises(VideoError, match="Bad.mp4"):
    extract(extractor, folder, tmp_path / "features")
  assert not (tmp_path / "features").exists()
  with caplog.at_level(logging.WARNING, "jaxvid"):
    found = extract(extractor, folder, tmp_path / "features", skip_bad=True)
  assert (found.written, found.left_out) == (2, 1) and "left out: " in caplog.text
  (folder / "a.webm").touch()
  with pytest.raises(VideoError, match="a.mp4 and a.webm would have the same name in the output"):
    extract(extractor, folder, tmp_path / "features")


def test_the_command(model, video, tmp_path, capsys):
  """From a workdir that a training leaves."""
  config = gym99_tag.get_config("smoke,pool").to_dict()
  config["model"]["backbone"] |= TINY
  config["data"] |= dict(clip_len=4, short_side=20, crop=16)
  description = {"config": config, "class_names": list("abcdef"), "contract": None}
  imported.write_workdir(tmp_path / "run", config, description, model.variables, model.variables["params"], "")
  command.run(
    extract_command.main,
    [f"--workdir={tmp_path}/run", f"--input={video}", f"--output={tmp_path}/features", "--stride=3"],
  )
  assert capsys.readouterr().out.splitlines() == [
    f"1 videos, 7 steps of 4: {tmp_path}/features",
    "each step sees 4 frames, the next begins 3 later, at the videos' own frame rate",
  ]
  np.testing.assert_allclose(np.load(tmp_path / "features" / "a.npy"), FeatureExtractor(model, stride=3)(video))
  assert FeatureContract.of_folder(tmp_path / "features").extractor == "r2plus1d"
  for flags, problem in {
    ("--weights=resnet",): "no such weights; there are: i3d-kinetics-400",
    (f"--workdir={tmp_path}/absent",): "absent",
    (f"--workdir={tmp_path}/run", "--layer=x"): "layer: 'x' is not one of",
    (): "give --workdir or --weights",
  }.items():
    with pytest.raises(SystemExit) as caught:
      command.run(extract_command.main, [*flags, f"--input={video}", f"--output={tmp_path}/features"])
    assert problem in f"{caught.value} {capsys.readouterr().err}"
