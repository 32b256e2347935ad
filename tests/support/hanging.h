/**
 * @file
 * A transaction that hangs: a partition holds records of a transactional id and its coordinator
 * knows nothing of them, as after lost markers (kafka-and-avro F.1, protocol 1.3).
 */
#pragma once

#include "bus/bus.h"

/** Puts one record of `id` into the topic behind the coordinator's back; nobody but the same id
 * can free the topic then.  The broker's check against this is off meanwhile, so no other test
 * may produce at the same time. */
void lt_test_hang(const struct lt_bus *bus, const char *id, const char *topic);
