"""jaxvid: fine-grained action understanding in video, in JAX.

Which action is this clip (recognition), when does which action happen in this long recording (localization), what comes
next (anticipation). The commands: `jaxvid`, or `python -m jaxvid`.
"""

__version__ = "0.1.0"
