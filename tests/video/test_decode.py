"""Frame i is the i-th of a plain decode from the beginning, however it is reached."""

import av
import numpy as np
import pytest

import small_videos
from golden import shared
from jaxvid.video import decode
from jaxvid.video.decode import Video
from jaxvid.video.encode import encode
from jaxvid.video.errors import Limits, VideoError

H264 = {"g": "8", "bf": "3", "preset": "veryfast"}
IRREGULAR = np.cumsum(np.random.default_rng(0).integers(10, 120, 40)) / 1000
FILES = {
  "b_frames.mp4": dict(**H264),
  "open_gop.mp4": {"x264-params": "keyint=8:open-gop=1:bframes=3:scenecut=0"},
  "intra_refresh.mp4": {"x264-params": "keyint=10:intra-refresh=1:bframes=0"},
  "irregular.mp4": dict(**H264, times=IRREGULAR),
  "irregular.mkv": dict(**H264, times=IRREGULAR),
  "turned.mp4": dict(**H264, turn=(90,)),
  "turned_other_way.mp4": dict(**H264, turn=(-90,)),
  "upside_down.mp4": dict(**H264, turn=(180,)),
  "odd.mp4": dict(**H264, size=(47, 65), pix_fmt="yuv444p"),
  "odd.webm": dict(codec="libvpx-vp9", g="8", size=(47, 65)),
  "vp8.webm": {"codec": "libvpx", "g": "8", "auto-alt-ref": "1", "lag-in-frames": "16"},
  "no_time_stamps.avi": dict(codec="mpeg4", g="8", bf="2"),
  "no_time_stamps_either.avi": dict(**H264),
  "without_b_frames.avi": dict(codec="mpeg4", g="8"),
  "ten_bits.mkv": dict(codec="ffv1", pix_fmt="yuv420p10le"),
  "stream.ts": dict(**H264),
  "program.mpg": dict(codec="mpeg2video", g="8", bf="2"),
  "bare.h264": dict(**H264),
  "pictures.mkv": dict(codec="mjpeg", pix_fmt="yuvj420p", times=IRREGULAR),
  "palette.gif": dict(codec="gif", pix_fmt="rgb8"),
  "single.mp4": dict(num_frames=1),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
  """The files above."""
  folder = tmp_path_factory.mktemp("videos")
  for name, options in FILES.items():
    small_videos.write(folder / name, **options)
  return folder


def check_exact(path, source=None):
  """Any frames in any order are those of a plain decode; returns the video."""
  expected = small_videos.sequential(path)
  video = Video(source or path)
  assert video.num_frames == len(expected) == len(video.timestamps)
  assert (video.height, video.width) == expected.shape[1:3]
  rng = np.random.default_rng(0)
  requests = [np.linspace(0, len(expected) - 1, 6).astype(int), rng.integers(0, len(expected), 9), [len(expected) - 1]]
  for indices in requests:
    np.testing.assert_array_equal(video.frames(indices), expected[indices])
  return video


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("way", ["read on", "seek"])
def test_frames_are_exact(name, way, folder, monkeypatch):
  monkeypatch.setattr(decode, "_SEEK_PAYS", -1 if way == "seek" else 2**60)
  check_exact(folder / name)


@pytest.mark.parametrize("name", ["b_frames.mp4", "no_time_stamps.avi", "irregular.mkv"])
def test_bytes_are_as_good_as_a_file(name, folder):
  check_exact(folder / name, source=(folder / name).read_bytes())


@pytest.mark.parametrize("name", ["b_frames.mp4", "open_gop.mp4", "odd.webm"])
def test_keyframes_are_used(name, folder, monkeypatch):
  """A late frame is reached without decoding all before it."""
  fed = []
  monkeypatch.setattr(
    decode._Reader,
    "skip_to",
    lambda self, packet, skip=decode._Reader.skip_to: fed.append(packet) or skip(self, packet),
  )
  monkeypatch.setattr(Video, "_in_order", lambda self, wanted: iter([(0, None)][: len(wanted)]))
  video = Video(folder / name)
  video._first = (1, 1)
  assert [index for index, _ in video._decode([39])] == [39]
  assert fed[0] >= 30


def test_the_pictures_are_those_that_were_encoded(folder):
  order = [39, 0, 17, 17, 5]
  for name in ("b_frames.mp4", "irregular.mkv", "no_time_stamps.avi"):
    assert small_videos.numbers(Video(folder / name).frames(order)).tolist() == order


def test_times(folder):
  np.testing.assert_allclose(Video(folder / "b_frames.mp4").timestamps, np.arange(40) / 25)
  np.testing.assert_allclose(Video(folder / "no_time_stamps.avi").timestamps, np.arange(40) / 25)
  for name in ("irregular.mp4", "irregular.mkv"):
    video = Video(folder / name)
    np.testing.assert_allclose(video.timestamps, IRREGULAR - IRREGULAR[0], atol=1e-3)
    assert video.fps == pytest.approx(39 / (IRREGULAR[-1] - IRREGULAR[0]))
    assert video.duration > video.timestamps[-1]
  assert Video(folder / "b_frames.mp4").duration == pytest.approx(1.6) and Video(folder / "single.mp4").num_frames == 1


@pytest.mark.parametrize("hflip, vflip", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("degrees", [0, 90])
def test_mirrored_display_matrices(degrees, hflip, vflip, tmp_path):
  """FFmpeg defines the matrix as a turn counterclockwise and flips before it."""
  plain = small_videos.sequential(small_videos.write(tmp_path / "plain.mp4", 2, **H264))
  turned = Video(small_videos.write(tmp_path / "turned.mp4", 2, turn=(degrees, hflip, vflip), **H264)).frames([0, 1])
  found = [
    (turns, flip)
    for turns in range(4)
    for flip in (False, True)
    if np.array_equal(np.rot90(plain[:, :, ::-1] if flip else plain, turns, axes=(1, 2)), turned)
  ]
  expected_turns = (degrees // 90 + 2 * vflip) % 4  # Upside down is mirrored and turned by half.
  assert len(found) == 1 and found[0][1] == (hflip != vflip)
  assert found[0][0] in (expected_turns, (4 - expected_turns) % 4)


def test_resizing(folder):
  video = Video(folder / "turned.mp4")  # 64 high, 48 wide.
  assert video.frames([0, 1], size=24).shape == (2, 32, 24, 3)
  assert video.frames([0, 1], size=(20, 30)).shape == (2, 20, 30, 3)
  assert video.frames([], size=24).shape == (0, 32, 24, 3)
  # Shrinking averages: a fine chessboard becomes grey instead of an arbitrary one of its colours.
  grey = decode.picture.Converter(16, 16)(_chessboard())
  assert abs(grey.astype(int) - 128).max() < 8


def test_resizing_keeps_levels(tmp_path):
  with_levels = encode([np.full((32, 32, 3), level, np.uint8) for level in (10, 100, 240)], [0, 1, 2], "h264", 1)
  levels = Video(with_levels).frames([0, 1, 2], size=16)
  assert np.abs(levels.astype(int) - np.array([10, 100, 240])[:, None, None, None]).max() <= 1


def _chessboard():

  board = np.indices((64, 64)).sum(0) % 2 * 255
  return av.VideoFrame.from_ndarray(np.repeat(board[..., None], 3, -1).astype(np.uint8), format="rgb24")


@pytest.mark.parametrize("name", ["no_time_stamps_either.avi", "open_gop.mp4", "intra_refresh.mp4"])
def test_every_frame_alone(name, folder):
  expected = small_videos.sequential(folder / name)
  video = Video(folder / name)
  for index in range(40):
    np.testing.assert_array_equal(video.frames([index])[0], expected[index])


def test_threads_change_nothing(folder):
  for name in ("b_frames.mp4", "odd.webm"):
    indices = [3, 30, 31]
    expected = Video(folder / name).frames(indices)
    np.testing.assert_array_equal(Video(folder / name, threads=4).frames(indices), expected)


def test_an_index_that_is_none(folder):
  video = Video(folder / "b_frames.mp4")
  for indices in ([-1], [40]):
    with pytest.raises(IndexError, match="of 40"):
      video.frames(indices)


@pytest.mark.parametrize("name", ["b_frames.mp4", "without_b_frames.avi", "no_time_stamps.avi"])
def test_a_file_that_ends_early(name, folder, tmp_path):
  """Its frames up to there are at hand; one beyond is an error that says how many there are."""
  whole = (folder / name).read_bytes()
  if name.endswith("mp4"):  # Its index comes first, as in files for the web.
    whole = _index_first(whole)
  beginning = whole.index(b"mdat" if name.endswith("mp4") else b"movi")
  cut = Video(whole[: (beginning + len(whole)) // 2], name="cut")
  assert cut.num_frames == 40 == len(cut.timestamps)
  expected = small_videos.sequential(folder / name)
  np.testing.assert_array_equal(cut.frames([0, 7, 9]), expected[[0, 7, 9]])
  with pytest.raises(
    VideoError, match="cut: (ends early: only|damaged after) [12][0-9] of 40 frames.* frame 39 is wanted"
  ):
    cut.frames([0, 39])


def _index_first(mp4):
  """An MP4 file with `moov` before `mdat`, whose offsets (32 bits) are shifted by its length."""
  boxes, position = {}, 0
  while position < len(mp4):
    length = int.from_bytes(mp4[position : position + 4], "big")
    boxes[mp4[position + 4 : position + 8]] = mp4[position : position + length]
    position += length
  moov = bytearray(boxes[b"moov"])
  table = moov.index(b"stco") + 8
  for entry in range(int.from_bytes(moov[table : table + 4], "big")):
    place = slice(table + 4 + 4 * entry, table + 8 + 4 * entry)
    moov[place] = (int.from_bytes(moov[place], "big") + len(moov)).to_bytes(4, "big")
  rest = [box for kind, box in boxes.items() if kind not in (b"ftyp", b"moov")]
  return boxes[b"ftyp"] + bytes(moov) + b"".join(rest)


def test_what_is_no_video_says_so(folder, tmp_path):
  small_videos.write_sound(tmp_path / "sound.m4a")
  (tmp_path / "empty.mp4").write_bytes(b"")
  (tmp_path / "notes.txt").write_text("Not a video. " * 500)
  (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:1,\n{folder / 'stream.ts'}\n#EXT-X-ENDLIST\n")
  (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
  (tmp_path / "folder.mp4").mkdir()
  for name, problem in {
    "absent.mp4": "no such file",
    "empty.mp4": "empty, 0 bytes",
    "folder.mp4": "a folder",
    "sound.m4a": "no video stream, only audio",
    "notes.txt": "no video file that FFmpeg can read",
    "list.m3u8": "no video file that FFmpeg can read",
    "noise.mp4": "no video file that FFmpeg can read",
  }.items():
    with pytest.raises(VideoError, match=problem) as error:
      Video(tmp_path / name)
    assert str(error.value).startswith(str(tmp_path / name)) and error.value.file == str(tmp_path / name)
  with pytest.raises(VideoError, match="clip 7: empty"):
    Video(b"", name="clip 7")


def test_limits(folder):
  for limits in (Limits(max_pixels=1000), Limits(max_frames=39)):
    with pytest.raises(VideoError):
      Video(folder / "b_frames.mp4", limits=limits).frames([0])
  with pytest.raises(VideoError, match="40 frames of 48 x 64 take .* GiB at once"):
    Video(folder / "b_frames.mp4", limits=Limits(max_bytes=300_000)).frames(range(40))
  with pytest.raises(VideoError, match="9000"):
    Video(folder / "b_frames.mp4").frames([0], size=9000)


@pytest.mark.parametrize(
  "name", ["av1_video.mkv", "h264_10bits.mp4", "h265_10bits.mp4", "v_ApplyEyeMakeup_g01_c01.avi"]
)
def test_real_files(name):
  check_exact(shared(f"data/videos/{name}"))


@pytest.mark.slow
def test_all_real_files():
  for path in sorted(shared("data/videos").iterdir()):
    check_exact(path)


def test_nothing_is_written_to_stderr(folder, capfd):
  broken = bytearray((folder / "b_frames.mp4").read_bytes())
  broken[2000:2300] = bytes(300)
  try:
    Video(bytes(broken)).frames(range(40))
  except VideoError:
    pass
  assert capfd.readouterr() == ("", "")


def test_titles_in_any_encoding(folder):
  with av.open(str(folder / "titled.mp4"), "w") as container:
    container.metadata["title"] = "XXXX"
    stream = container.add_stream("mpeg4", rate=25)
    stream.height, stream.width = small_videos.SIZE
    container.mux(stream.encode(av.VideoFrame.from_ndarray(small_videos.picture(0), format="rgb24")))
    container.mux(stream.encode(None))
  data = (folder / "titled.mp4").read_bytes()
  assert b"XXXX" in data
  assert Video(data.replace(b"XXXX", b"\xe9\xff\xfe\x80")).frames([0]).shape == (1, 48, 64, 3)
