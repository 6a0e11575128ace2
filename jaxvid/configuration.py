"""A configuration from its file, or from plain values, with what --config.SECTION.KEY=VALUE changes."""

import re
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from absl import flags
from ml_collections import ConfigDict, config_flags
from ml_collections.config_dict import placeholder

from jaxvid.build import ConfigError


def load(path: str, overrides: Sequence[str] = (), prefix: str = "config") -> ConfigDict:
  """The configuration of a file, FILE.py or FILE.py:VARIANT, changed as flags --PREFIX.SECTION.KEY=VALUE say.

  Raises:
    ConfigError: there is no such file, variant or key, or a value is of another type.
  """
  values = flags.FlagValues()
  argv = ["jaxvid", f"--{prefix}={path}", *overrides]

  def define():
    defined = config_flags.DEFINE_config_file(prefix, lock_config=True, flag_values=values, sys_argv=argv)
    values(argv)
    return defined.value

  return _said_in_a_line(path, define)


def change(config: Mapping[str, Any], overrides: Sequence[str], where: str, prefix: str = "config") -> ConfigDict:
  """The same for a configuration that is at hand as plain values; `where` names it in messages."""
  values = flags.FlagValues()
  argv = ["jaxvid", *overrides]

  def define():
    config_dict = ConfigDict(_with_placeholders(config))
    defined = config_flags.DEFINE_config_dict(prefix, config_dict, lock_config=True, flag_values=values, sys_argv=argv)
    values(argv)
    return defined.value

  return _said_in_a_line(where, define)


def _said_in_a_line(where: str, read: Callable[[], ConfigDict]) -> ConfigDict:
  """What `read` returns; its errors as ConfigError of one line."""
  try:
    return read()
  except (AttributeError, KeyError) as error:  # How ml_collections answers a key that the configuration lacks.
    key, *hints = str(error).replace("\\n", "\n").strip("\"'\\").splitlines()
    near = re.search('Did you mean "(.*?)"', hints[0]) if hints else None
    hint = f"; did you mean {near[1]}?" if near else ""
    key = key.strip("'\\")
    raise ConfigError(f'{where} has no key "{key}", so nothing would read it{hint}') from error
  except (flags.Error, OSError, TypeError, ValueError) as error:
    # An error inside a configuration file comes with its traceback in the message; the last line says what it is.
    raise ConfigError(f"{where}: {str(error).strip().splitlines()[-1].strip()}") from error


def _with_placeholders(config: Mapping[str, Any]) -> dict[str, Any]:
  """The configuration with a typed placeholder for None, so that a flag can set it."""
  from jaxvid.train import config_file  # Here, not above: jax takes seconds to import.

  config = dict(config)
  for section, settings in config_file.sections(config).items():
    hints = typing.get_type_hints(settings)
    config[section] = {
      name: placeholder(kind) if value is None and (kind := config_file.simple_type(hints.get(name))) else value
      for name, value in config[section].items()
    }
  return config
