import errno
import os

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule

from weft.errors import BlockLostError, SpillError
from weft.store import blockfile
from weft.store.memory import MemoryStore
from weft.store.shared import SharedStore
from weft.store.spill import SpillStore
from weft.store.tiers import Tiers


@pytest.fixture
def tiers(tmp_path):
    tiers = Tiers([MemoryStore(), SharedStore(tmp_path, inline_nbytes=0), SpillStore()])
    yield tiers
    tiers.close()


def test_a_block_goes_down_and_up_again(tiers):
    ref = tiers.put(np.arange(100_000))
    for move, tier in [(tiers.demote, 1), (tiers.demote, 2), (tiers.promote, 1), (tiers.promote, 0)]:
        ref = move(ref)
        assert ref.tier == tier
        assert (tiers.get(ref) == np.arange(100_000)).all()


def test_a_move_leaves_nothing_where_the_block_was(tiers):
    shared = tiers.demote(tiers.put(np.arange(100_000)))
    spilled = tiers.demote(shared)

    with pytest.raises(BlockLostError):
        tiers.get(shared)
    assert os.path.exists(spilled.ref.path)


def test_a_move_that_fails_leaves_the_block_where_it_was(tiers, monkeypatch):
    shared = tiers.demote(tiers.put(np.arange(100_000)))

    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(blockfile.os, "posix_fallocate", refuse)
    with pytest.raises(SpillError, match=r"spill\.directory"):
        tiers.demote(shared)

    assert tiers.get(shared).sum() == 4999950000


def test_moving_a_lost_block_says_that_it_is_lost(tiers):
    ref = tiers.demote(tiers.put(np.arange(100_000)))
    tiers.drop(ref)

    with pytest.raises(BlockLostError):
        tiers.demote(ref)


def test_small_blocks_move_within_their_reference():
    tiers = Tiers([SharedStore(), SpillStore()])
    ref = tiers.demote(tiers.put("small"))

    assert tiers.get(ref) == "small"
    tiers.close()


@pytest.mark.parametrize("move", ["promote", "demote"])
def test_there_is_nothing_above_the_first_and_below_the_last_tier(move):
    tiers = Tiers([MemoryStore()])

    with pytest.raises(SpillError, match="the tiers are 0 to 0"):
        getattr(tiers, move)(tiers.put(1))


class AnyMoves(RuleBasedStateMachine):
    """Blocks keep their values, whatever is moved and dropped in between."""

    blocks = Bundle("blocks")

    def __init__(self):
        super().__init__()
        self.tiers = Tiers([MemoryStore(), SharedStore(inline_nbytes=100), SpillStore()])

    @rule(target=blocks, value=st.binary(max_size=200))
    def put(self, value):
        return self.tiers.put(value), value

    @rule(target=blocks, block=consumes(blocks))
    def demote(self, block):
        ref, value = block
        return (self.tiers.demote(ref) if ref.tier < 2 else ref), value

    @rule(target=blocks, block=consumes(blocks))
    def promote(self, block):
        ref, value = block
        return (self.tiers.promote(ref) if ref.tier > 0 else ref), value

    @rule(block=blocks)
    def get(self, block):
        ref, value = block
        assert self.tiers.get(ref) == value

    @rule(block=consumes(blocks))
    def drop(self, block):
        self.tiers.drop(block[0])

    def teardown(self):
        self.tiers.close()


TestAnyMoves = AnyMoves.TestCase
