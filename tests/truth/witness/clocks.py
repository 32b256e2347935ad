"""Whose clock says what.  The law is judged by the witness's own clock; a server's clock is believed where
it agrees with it, for it was asked in the same breath as what it dates."""

import time

AGREE_US = 500_000
HOUR_US = 3600 * 10**6  # what clock faults add or take away


def now_us():
    return int(time.time() * 1e6)


def at_the_source(source_us, asked_us, answered_us):
    """When a snapshot was surely there: by the source's clock, or, where that is wrong, once it was
    answered."""
    if asked_us - AGREE_US <= source_us <= answered_us + AGREE_US:
        return source_us
    return answered_us


def appended(broker_us, received_us):
    """An append time without the whole hours that the broker's clock was wrong.  No history lasts half
    an hour, so what was received long after its append is not meant."""
    return broker_us + HOUR_US * round((received_us - broker_us) / HOUR_US)
