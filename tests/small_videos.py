"""Small video files encoded on the spot: each picture shows its number, so that a frame can be told from the others."""

import fractions

import av
import numpy as np

SIZE = (48, 64)


def picture(index, height=SIZE[0], width=SIZE[1]):
  """uint8 (H, W, 3): a gradient that moves, and ten squares along the top that are `index` in binary."""
  y, x = np.mgrid[:height, :width]
  frame = np.stack([(3 * x + 5 * index) % 256, (4 * y + 3 * index) % 256, (x + y + 11 * index) % 256], -1)
  frame = frame.astype(np.uint8)
  side = width // 10
  for bit in range(10):
    frame[:side, bit * side : (bit + 1) * side] = 255 * (index >> bit & 1)
  return frame


def numbers(frames):
  """The numbers that `frames`, (N, H, W, 3), show."""
  side = frames.shape[2] // 10
  squares = [frames[:, 1 : side - 1, bit * side + 1 : (bit + 1) * side - 1].mean((1, 2, 3)) for bit in range(10)]
  return sum((np.array(square) > 127).astype(int) << bit for bit, square in enumerate(squares))


def write(path, num_frames=40, codec="libx264", pix_fmt="yuv420p", size=SIZE, times=None, turn=None, **options):
  """Writes a video of `num_frames` pictures and returns its path.

  Args:
    times: of the frames in seconds; None is 25 frames a second.
    turn: arguments of set_display_rotation.
    options: of the encoder.
  """
  height, width = size
  with av.open(str(path), "w") as container:
    stream = container.add_stream(codec, rate=25, options=options)
    stream.height, stream.width, stream.pix_fmt = height, width, pix_fmt
    if turn is not None:
      stream.set_display_rotation(*turn)
    if times is not None:
      stream.codec_context.time_base = fractions.Fraction(1, 1000)
    for index in range(num_frames):
      frame = av.VideoFrame.from_ndarray(picture(index, height, width), format="rgb24")
      if times is not None:
        frame.pts, frame.time_base = round(1000 * times[index]), fractions.Fraction(1, 1000)
      container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
  return path


def write_sound(path):
  """Writes a file with sound only."""
  with av.open(str(path), "w") as container:
    stream = container.add_stream("aac", rate=8000)
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
    frame.rate, frame.pts = 8000, 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
  return path


def sequential(path):
  """All frames of a file in the order of a plain decoder, as PyAV gives them, turned by its own account."""
  with av.open(str(path)) as container:
    return np.stack(
      [np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90) for frame in container.decode(video=0)]
    )
