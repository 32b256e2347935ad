/**
 * @file
 * The world around a real lt-routing: signed control, a provider that writes a feed, the topics
 * the steward would make, and eyes on streams, cursors and inboxes.  One at a time; every function
 * fails the test when it cannot do its work.
 *
 * One data service sv000001 (code, name, province_code), application ap000002, connections
 * cn000001 (all), cn000002 (province 48, without the province), cn000003 (province 49).
 */
#pragma once

#include <sys/types.h>

#include "change/chain.h"
#include "record/records.h"
#include "support/control_world.h"
#include "support/kafka.h"

#define RW_ROWS        400
#define RW_CONNECTIONS 3

struct rw_row {
    bool there;
    char name[32];
    char province[4];
};
/** What one stream shows to a reader from its start. */
struct rw_copy {
    int64_t seq;     /**< highest */
    int64_t records; /**< that count: without repeats */
    int64_t repeats; /**< records that came again: same seq, same bytes */
    int64_t deletes;
    uint64_t digests[4096]; /**< by seq */
    struct rw_row rows[RW_ROWS];
    struct lt_chain chain;
    char ops[4096]; /**< first letters of the ops, in order */
    char terms[16];
};

/** Fresh topics, control with all three connections, no daemon yet. */
void rw_start(void);
void rw_stop(void);

/* control; each ends with a heartbeat */
void rw_hold(const char *hold, const char *target);
void rw_lift(const char *hold, const char *target);
void rw_terminate(const char *connection);
void rw_amend(const char *connection, const char *filter, int64_t scope_version);
/** Only code and name from now on. */
void rw_amend_fields(const char *connection, int64_t scope_version);
/** Another data service sv000002 with a connection cn000004 to it; its feed has no topic yet. */
void rw_other_service(void);
void rw_limit(const char *connection, int64_t max_per_day);
/** The service's rows have another schema from now on, under which the provider's records come from
 * the next history on. */
void rw_new_schema(void);
/** The steward makes feed.sv000001.<n> current. */
void rw_incarnation(int64_t incarnation);
void rw_beat(void);
/** Number of the newest control record. */
int64_t rw_number(void);

/* provider: one transaction each */
void rw_put(int code, const char *name, const char *province);
void rw_put_many(int from, int to, const char *name, const char *province);
void rw_delete(int code);
/** An update of the row whose value is of no schema, and without old scope values. */
void rw_put_garbage(int code);
lt_time rw_sync(void);
/** A new history: snapshot of all rows and a sync point in feed.sv000001.<n>. */
void rw_begin_history(int64_t incarnation);

/* daemon */
pid_t rw_spawn(void);
/** More lines for the [routing] section of the next spawn. */
void rw_settings(const char *lines);
void rw_kill(pid_t pid, int signal);
/** Waits for the end and returns the exit status; 128 + signal when killed. */
int rw_exit_of(pid_t pid);
/** Does the daemon's log hold this text? */
bool rw_logged(const char *text);

/* eyes */
void rw_read_stream(const char *stream, struct rw_copy *ret);
/** Newest cursor of a stream; false: none.  Texts are good until the next call. */
bool rw_cursor(const char *stream, struct lt_cursor *ret);
bool rw_notice(const char *stream, struct lt_stream_notice *ret);
/** Waits (with heartbeats) until the cursor has this state; fails the test after 180 s: a catch-up
 * lane in batches of a few rows takes its time. */
void rw_await_state(const char *stream, const char *state);
/** Waits until the copy equals the scope of the connection over all rows. */
void rw_await_equal(const char *stream, int connection);
/** Waits (with heartbeats) for ms. */
void rw_pass(int64_t ms);
/** Number of delivery notes and records they cover, for a stream. */
void rw_notes(const char *stream, int64_t *ret_notes, int64_t *ret_records);
/** Decisions of the diary that name the clause, for a stream; the newest one in *ret (may be NULL),
 * its texts good until the next call. */
int rw_decisions(const char *stream, const char *clause, struct lt_decision *ret);
/** Does this lane say that it stands still? */
bool rw_stands_still(const char *lane, const char *clause);
/** Takes routing's right to write the diary, or gives it back. */
void rw_diary_right(bool may);
/** Records platform.control, streams etc. live in; for tests that break them. */
struct lt_admin *rw_admin(void);
const struct lt_bus *rw_bus(void);
void rw_make_topic(const char *topic);
/** Sends a record as application ap000002 to its outbox. */
void rw_report_gap(const char *stream);
