#include "provider-postgres/judge_source.h"

#include <string.h>

static const char *other_server(const struct lt_source_position *stored,
                                const struct source_facts *facts)
{
    if (strcmp(stored->system_id, facts->system_id) != 0) {
        return "another system id: the server was replaced";
    }
    if (stored->timeline != facts->timeline) {
        return "another timeline: the server was promoted or restored";
    }
    if (stored->dboid != facts->dboid) {
        return "another database";
    }
    if (strcmp(stored->slot, facts->slot_name) != 0) {
        return "another slot name is configured";
    }
    if (facts->wal < (uint64_t)stored->end_lsn || facts->wal < (uint64_t)stored->safe_lsn) {
        return "the server is behind the stored position: it was restored";
    }
    return NULL;
}

static const char *lost_slot(const struct lt_source_position *stored,
                             const struct source_facts *facts)
{
    if (facts->slot == SLOT_NONE) {
        return "the slot is gone";
    }
    if (facts->slot == SLOT_BAD) {
        return "the slot is lost or invalid";
    }
    if (facts->confirmed > (uint64_t)stored->safe_lsn) {
        return "the slot is ahead of the stored position: changes are missing";
    }
    if (stored->xid == 0 && facts->confirmed < (uint64_t)stored->end_lsn) {
        return "the slot is older than its own creation: it was made anew";
    }
    return NULL;
}

struct source_verdict judge_source(const struct lt_source_position *stored,
                                   const struct source_facts *facts)
{
    struct source_verdict fresh = {.fresh = true};
    if (stored == NULL) {
        fresh.reason = facts->slot == SLOT_NONE ? "first start" : "a slot without a position";
        return fresh;
    }
    fresh.reason = other_server(stored, facts);
    if (fresh.reason == NULL) {
        fresh.reason = lost_slot(stored, facts);
    }
    if (fresh.reason != NULL) {
        return fresh;
    }
    return (struct source_verdict){
        .start = facts->confirmed,
        .must_pass = stored->ordinal != LT_NULL || facts->confirmed < (uint64_t)stored->end_lsn,
    };
}

void passage_start(struct passage *passage,
                   const struct lt_source_position *stored,
                   const struct source_verdict *verdict)
{
    *passage = (struct passage){.ordinal = LT_NULL, .passed = stored == NULL || stored->xid == 0};
    if (stored != NULL) {
        passage->commit_lsn = (uint64_t)stored->commit_lsn;
        passage->xid = stored->xid;
        passage->commit_time = stored->commit_time;
        passage->ordinal = stored->ordinal;
        passage->must_pass = verdict->must_pass;
    }
}

enum passage_step
passage_begin(struct passage *passage, uint64_t commit_lsn, int64_t xid, int64_t commit_time)
{
    if (passage->passed) {
        return PASSAGE_AFTER;
    }
    if (commit_lsn < passage->commit_lsn) {
        return PASSAGE_BEFORE;
    }
    if (commit_lsn == passage->commit_lsn) {
        bool same = xid == passage->xid && commit_time == passage->commit_time;
        return same ? PASSAGE_SAME : PASSAGE_GAP;
    }
    if (passage->must_pass) {
        return PASSAGE_GAP;
    }
    passage->passed = true;
    return PASSAGE_AFTER;
}

void passage_commit(struct passage *passage, uint64_t commit_lsn)
{
    if (commit_lsn >= passage->commit_lsn) {
        passage->passed = true;
    }
}

bool passage_keepalive(struct passage *passage, uint64_t wal_end)
{
    if (passage->passed || wal_end <= passage->commit_lsn) {
        return true;
    }
    if (passage->must_pass) {
        return false;
    }
    passage->passed = true;
    return true;
}
