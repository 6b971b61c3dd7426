"""Who runs programs. A backend holds no policy: which task comes next is always the scheduler core's answer.

One file for each kind of worker: ``inline`` (the caller's thread), ``threads``, ``processes``, ``executor`` (any
``concurrent.futures.Executor``), ``ray``, ``simulated``. ``contract`` says what a backend must do, ``local`` is what
the two that share the caller's memory have in common, ``evaluate`` runs one program.
"""

from weft.backends.contract import Backend, Held, Listener, Request, Run
from weft.backends.names import BACKENDS, backend_for

__all__ = ["BACKENDS", "Backend", "Held", "Listener", "Request", "Run", "backend_for"]
