"""How users look at a computation: before it runs, while it runs, and afterwards.

Before: ``explain`` tells what will run, ``draw.visualize`` draws the graph. Meanwhile: ``ProgressBar``, and ``Callback``
for functions of your own. Afterwards: ``summary`` and ``why`` tell of the last run; ``Profiler``, ``ResourceProfiler`` and
``CacheProfiler`` keep records while they are on, and ``visualize`` makes a page of these.
"""

from weft.diagnostics.afterwards import last_run, summary, why
from weft.diagnostics.callbacks import Callback, add_callbacks
from weft.diagnostics.explanation import Explanation, explain
from weft.diagnostics.profile import CacheProfiler, Profiler, ResourceProfiler
from weft.diagnostics.progress import ProgressBar
from weft.diagnostics.timeline import visualize

__all__ = [
    "CacheProfiler",
    "Callback",
    "Explanation",
    "Profiler",
    "ProgressBar",
    "ResourceProfiler",
    "add_callbacks",
    "explain",
    "last_run",
    "summary",
    "visualize",
    "why",
]
