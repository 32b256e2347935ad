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

/** Visits the committed records from *offset (LT_OFFSET_BEGIN to begin) and moves *offset behind
 * them.  A topic that does not exist is empty.  *ret_hidden: records stand behind that nobody may
 * read yet. */
int lt_cli_tap_read(struct lt_cli_tap *tap,
                    const char *topic,
                    int64_t *offset,
                    lt_message_visit *visit,
                    void *arg,
                    bool *ret_hidden,
                    struct lt_error *reterr) LT_MUST_CHECK;
