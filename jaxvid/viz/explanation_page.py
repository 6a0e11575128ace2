"""Writes a self-contained HTML page: sections of text, tables and pictures."""

import base64
import dataclasses
import html
import os
import pathlib
from collections.abc import Sequence

from jaxvid import files

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 1100px; margin: 2em auto; padding: 0 1em }
img { max-width: 100%; height: auto; margin: 0.5em 0 }
table { border-collapse: collapse; margin: 0.5em 0 } td, th { padding: 0.15em 0.9em; border-bottom: 1px solid #e2e2e2 }
th { text-align: left } td.number { text-align: right; font-variant-numeric: tabular-nums }
"""


@dataclasses.dataclass(frozen=True)
class Section:
  """A part of the page.

  Attributes:
    title: its heading.
    text: paragraphs, plain text.
    pictures: paths of PNG files, which are embedded in the page.
    caption: above the table.
    header, rows: of the table; without a header there is no table.
  """

  title: str
  text: Sequence[str] = ()
  pictures: Sequence[str | os.PathLike] = ()
  caption: str = ""
  header: Sequence[str] = ()
  rows: Sequence[Sequence[str | float]] = ()


def write(path: str | os.PathLike, title: str, sections: Sequence[Section]) -> None:
  """Writes the page, with all pictures in it."""
  parts = [f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{html.escape(title)}</title>"]
  parts += [f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>"]
  for section in sections:
    parts.append(f"<h2>{html.escape(section.title)}</h2>")
    parts += [f"<p>{html.escape(paragraph)}</p>" for paragraph in section.text]
    parts += [_picture(pathlib.Path(picture)) for picture in section.pictures]
    if section.header:
      parts.append(f"<p>{html.escape(section.caption)}</p>")
      parts.append(_table(section.header, section.rows))
  files.write_text(path, "\n".join([*parts, "</body></html>", ""]))


def _picture(path):
  content = base64.b64encode(path.read_bytes()).decode()
  return f'<img alt="{html.escape(path.stem)}" src="data:image/png;base64,{content}">'


def _table(header, rows):
  lines = ["<tr>" + "".join(f"<th>{html.escape(name)}</th>" for name in header) + "</tr>"]
  for row in rows:
    cells = [_cell(value) for value in row]
    lines.append("<tr>" + "".join(cells) + "</tr>")
  return "<table>\n" + "\n".join(lines) + "\n</table>"


def _cell(value):
  if isinstance(value, str):
    return f"<td>{html.escape(value)}</td>"
  return f'<td class="number">{value:,}</td>' if isinstance(value, int) else f'<td class="number">{value:.2f}</td>'
