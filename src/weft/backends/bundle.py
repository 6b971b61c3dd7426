"""What an executor's worker runs: a bundle of tasks, one call. Everything it needs comes along; nothing stays behind."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from weft.backends.bench import Bench, Failure
from weft.backends.packed import unpack
from weft.backends.packed_errors import packed_error
from weft.store.serialize import PROTOCOL

__all__ = ["BundleContext", "run_bundle"]

#: How often a bundle looks whether the run is over, in seconds.
LOOK_S = 0.005


@dataclass(frozen=True)
class BundleContext:
    """What a bundle must know of its run."""

    shared: str
    inline_nbytes: int
    over: str  #: a file that is there once nobody wants the results any more; then the directory may be gone, too


def run_bundle(context: BundleContext, message: bytes) -> bytes:
    """Perform tasks one after the other; gives acknowledgements and news, as a worker process sends them."""
    bench = Bench()
    bench.begin(context.shared, context.inline_nbytes)
    acks: list[tuple[Any, ...]] = []
    news: list[tuple[Any, ...]] = []
    try:
        _, programs, orders = unpack(message)
    except BaseException as error:  # what users' classes raise when they arrive
        return pickle.dumps((acks, [("unreadable", packed_error(error))]), PROTOCOL)
    bench.written.update(programs)
    last_look = 0.0
    for place, (task, number, refs, constants) in enumerate(orders):
        now = perf_counter()
        if now - last_look > LOOK_S:
            last_look = now
            if os.path.exists(context.over) or not os.path.exists(context.shared):
                news.append(("back", [order[0] for order in orders[place:]]))
                break
        try:
            ref, nbytes, began, ended = bench.perform(number, refs, constants)
            acks.append((task, ref, nbytes, began, ended))
        except BaseException as error:  # it is the task's, whatever it is
            what = error.news if isinstance(error, Failure) else ("failed", packed_error(error))
            news.append((what[0], task, *what[1:]))
    return pickle.dumps((acks, news), PROTOCOL)
