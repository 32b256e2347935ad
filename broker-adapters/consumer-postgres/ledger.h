/**
 * @file
 * What was receipted, remembered outside the target database: the one thing that can show that the
 * database went back (D41.2b-11).  Pure; the caller reads and writes the file.
 *
 * Decision: an application may not read its own outbox, so its newest receipts cannot be asked for;
 * they are kept in this small file beside the program (configuration: state_file).  Losing the file
 * loses the detection at our side only: the platform's ledger sees the lower seq all the same.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "change/ids.h"

#define LT_LEDGER_MAX_BYTES (1024 * 1024)

struct lt_ledger_entry {
    char stream[LT_TOPIC_MAX];
    char system_id[24];
    int64_t dboid;
    int64_t copy;
    lt_time made_at; /**< of the copy: numbers of copies come again after a restore */
    int64_t seq;
};
struct lt_ledger {
    struct lt_ledger_entry *entries;
    size_t count;
};
void lt_ledger_fini(struct lt_ledger *ledger);
/** Empty text is an empty ledger.  REJECT: not a ledger. */
int lt_ledger_parse(struct lt_ledger *ledger,
                    struct lt_bytes text,
                    struct lt_error *reterr) LT_MUST_CHECK;
void lt_ledger_format(const struct lt_ledger *ledger, struct lt_buf *out);

/** Did the database go back behind what was receipted?  The same copy at a lower seq, or an older
 * copy of the stream than the one that was receipted. */
bool lt_ledger_rewound(const struct lt_ledger *ledger, const struct lt_ledger_entry *now);
/** Puts the entry in the place of the stream's older one. */
void lt_ledger_put(struct lt_ledger *ledger, const struct lt_ledger_entry *entry);
