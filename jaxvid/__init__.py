"""jaxvid: fine-grained action understanding in video, in JAX.

Which action is in this clip (recognition), which actions happen when in this long recording (localization), which
action comes next (anticipation). `jaxvid`, or `python -m jaxvid`, lists the commands.
"""

__version__ = "0.1.0"
