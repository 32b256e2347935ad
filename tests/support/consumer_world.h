/**
 * @file
 * A user application with its own inbox, outbox, streams and target database, on the real broker
 * and a real PostgreSQL of the test program; the test plays routing and the steward.  For tests of
 * lt-consumer-postgres.  Everything fails the test with a message.
 */
#pragma once

#include "change/ids.h"
#include "change/lt_header.h"
#include "pg/conn.h"
#include "record/records.h"
#include "support/kafka.h"

#include <sys/types.h>

struct consumer_world {
    char application[LT_ID_MAX], inbox[LT_TOPIC_MAX], outbox[LT_TOPIC_MAX];
    char directory[600], config[640], log[640], database[64];
    char connection[LT_ID_MAX]; /* the one of most tests */
    char others[4][LT_ID_MAX];  /* more connections, which no other test has */
    struct lt_bus bus;
    struct lt_producer *producer;
    struct lt_pg *admin; /* superuser session in the target database */
    const char *cert;    /* the daemon's principal; "bootstrap" unless the test changes it */
    const char *extra_config;
    pid_t pid; /* of the daemon, 0: not running */
};

/** Starts the cluster once; a fresh application, database and topics each time. */
void consumer_world_init(struct consumer_world *world);
void consumer_world_fini(struct consumer_world *world); /**< stops the daemon */
/** Runs tools/pg/pg COMMAND on the cluster and opens the session anew. */
void consumer_world_postgres(struct consumer_world *world, const char *command);
void consumer_world_stop_postgres(void); /**< at the end of the program */
const char *consumer_world_postgres_dir(void);
/** How the daemon reaches the target. */
void consumer_world_dsn(const struct consumer_world *world, char *buf, size_t size);

/* ---- the daemon ---- */
void consumer_world_start(struct consumer_world *world);
int consumer_world_stop(struct consumer_world *world, int signal); /**< exit status, -1 killed */
/** Output of `lt-consumer-postgres COMMAND` (free() it), its exit status in *ret_status. */
char *consumer_world_command(struct consumer_world *world, const char *command, int *ret_status);
bool consumer_world_logged(struct consumer_world *world, const char *text);

/* ---- what routing writes ---- */
#define WARD_KEY_SCHEMA   1001
#define WARD_SCHEMA       1002 /* code, "họ tên", population (nullable), area numeric(10,2) */
#define WARD_SMALL_SCHEMA 1003 /* without population */
#define WARD_ODD_SCHEMA   1004 /* with a type that the target has not */

const char *consumer_schema_text(int32_t id);

struct consumer_stream {
    char stream[LT_TOPIC_MAX], topic[LT_TOPIC_MAX];
    int64_t seq, agreement, scope_version;
    int32_t value_schema;
};
/** Makes the topic stream.<connection>.<generation>. */
void consumer_stream_init(struct consumer_world *world,
                          struct consumer_stream *stream,
                          int64_t generation);
void consumer_begin(struct consumer_world *world);
void consumer_commit(struct consumer_world *world);
void consumer_abort(struct consumer_world *world);
void consumer_put_schemas(struct consumer_world *world);
/** A notice as of now: state LIVE, three days of use, no load mark, no sync point. */
struct lt_stream_notice consumer_notice(const struct consumer_world *world,
                                        const struct consumer_stream *stream);
void consumer_put_notice(struct consumer_world *world, const struct lt_stream_notice *notice);
/** The next record of the stream; population < 0: null. */
void consumer_put_ward(struct consumer_world *world,
                       struct consumer_stream *stream,
                       enum lt_op op,
                       const char *code,
                       const char *name,
                       int64_t population);
/** The next record with a framed value of one's own. */
void consumer_put_value(struct consumer_world *world,
                        struct consumer_stream *stream,
                        enum lt_op op,
                        const char *code,
                        struct lt_bytes value);
void consumer_put_schema(struct consumer_world *world, int32_t id, const char *text);
/** A record without value: delete or withheld. */
void consumer_put_gone(struct consumer_world *world,
                       struct consumer_stream *stream,
                       enum lt_op op,
                       const char *code);
/** Schemas, `count` snapshot rows (w1.. name n1..), load mark, sync point `sync_time`: all at once.
 */
void consumer_put_load(struct consumer_world *world,
                       struct consumer_stream *stream,
                       int count,
                       lt_time sync_time);
/** A sync point at the stream's present seq. */
void consumer_put_sync(struct consumer_world *world,
                       const struct consumer_stream *stream,
                       lt_time sync_time);

/* ---- what can be seen ---- */
/** Text of the first column of the first row; several rows or columns come joined by | and ;. */
char *consumer_sql(struct consumer_world *world, const char *fmt, ...) LT_PRINTF(2, 3);
void consumer_run(struct consumer_world *world, const char *fmt, ...) LT_PRINTF(2, 3);
/** Waits until the query gives exactly that (30 s). */
void consumer_eventually(struct consumer_world *world, const char *expected, const char *fmt, ...)
    LT_PRINTF(3, 4);
/** The same at once. */
void consumer_now(struct consumer_world *world, const char *expected, const char *fmt, ...)
    LT_PRINTF(3, 4);
/** Newest value under a key of the outbox; data NULL: none.  Lives in the arena. */
struct lt_bytes
consumer_outbox(struct consumer_world *world, const char *key, struct lt_arena *arena);
/** Waits until a receipt of the stream says seq or more. */
struct lt_receipt consumer_receipt(struct consumer_world *world,
                                   const struct consumer_stream *stream,
                                   int64_t seq,
                                   struct lt_arena *arena);
