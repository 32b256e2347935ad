/**
 * @file
 * Reads topics as far as they can be read now.  One thread.
 *
 * Daemons read to the high watermark and wait for it (protocol 4.3).  A person who wants to know
 * what is wrong must not wait for an open transaction of a writer that died, so the tap reads to
 * the last stable offset and says that more is there.
 */
#pragma once

#include "bus/bus.h"
#include "change/ids.h"

struct lt_cli_tap {
    struct lt_asker *asker;
    struct lt_reader *reader;
    int64_t timeout_ms; /**< without any progress */
};
/** bus is borrowed.  Fails when no broker can be reached. */
int lt_cli_tap_open(const struct lt_bus *bus,
                    int64_t timeout_ms,
                    struct lt_cli_tap *ret,
                    struct lt_error *reterr) LT_MUST_CHECK;
void lt_cli_tap_close(struct lt_cli_tap *tap);

/** One topic and how far it was read. */
struct lt_cli_tap_topic {
    char topic[LT_TOPIC_MAX];
    int64_t offset; /**< of the next record to visit; LT_OFFSET_BEGIN to begin */
    lt_message_visit *visit;
    void *arg;
    bool hidden; /**< result: records stand behind that nobody may read yet */

    int64_t end;  /**< the tap's own: where this reading ends */
    bool reading; /**< the tap's own */
};

/** Visits the committed records of all topics, each in order, and moves the offsets behind them.
 * A topic that does not exist is empty.  After a failure too, offsets stand behind what was
 * visited. */
int lt_cli_tap_read(struct lt_cli_tap *tap,
                    struct lt_cli_tap_topic *const *topics,
                    size_t count,
                    struct lt_error *reterr) LT_MUST_CHECK;
