"""Drawing the figures of a run by their type: SVG to be set into a page, a text that tells it, and its numbers."""

from reports.drawing.canvas import Drawing, Palette
from reports.drawing.types import draw

__all__ = ["Drawing", "Palette", "draw"]
