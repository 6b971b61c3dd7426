"""Registers the joblib backend ``"weft"``; importing ``weft.distributed`` does so, too, once joblib is there."""

from weft.distributed.joblib import WeftBackend, register

__all__ = ["WeftBackend", "register"]
