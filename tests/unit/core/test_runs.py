"""Runs and deliveries as values (sync-rules 3.11)."""

from __future__ import annotations

from bensync.core.runs import UNSETTLED, DeliveryState


def test_a_sealed_delivery_is_unsettled_until_it_is_committed_failed_or_replaced():
    ended = {DeliveryState.COMMITTED, DeliveryState.FAILED, DeliveryState.ABANDONED, DeliveryState.VOID}
    assert set(UNSETTLED) == set(DeliveryState) - ended - {DeliveryState.PREPARED}
