/**
 * @file
 * A provider's side for integration tests: a private PostgreSQL, a stand-in for the steward (signs
 * services, schemas and feeds into the inbox, makes topics as incarnations are wanted), the real
 * lt-provider-postgres as a process, and what the feeds hold.
 * Functions end the test with a message when they cannot do their work.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <sys/types.h>

#include "bus/bus.h"
#include "change/ids.h"
#include "change/lt_header.h"
#include "record/records.h"

struct line;
/** Starts PostgreSQL (once per program) and takes ids that no other test uses. */
struct line *line_new(void);
void line_free(struct line *line); /**< kills the provider too; PostgreSQL goes with line_end() */
void line_end(void);

/** psql of the private server: statements that must succeed; the single text of a query. */
void line_sql(struct line *line, const char *fmt, ...) LT_PRINTF(2, 3);
const char *line_ask(struct line *line, const char *fmt, ...) LT_PRINTF(2, 3);
/** A connection of one's own to it; PQfinish() it. */
PGconn *line_connect(struct line *line);
/** tools/pg/pg COMMAND on the private server. */
void line_pg(struct line *line, const char *command, const char *option);
/** Its data directory, socket directory and port. */
const char *line_pg_env(struct line *line, const char *name);
const char *line_slot(struct line *line);
const char *line_publication(struct line *line);

/** The standard table public.<name> (code, name, province_code, amount, at, note) and its service:
 * made, published, declared.  Returns the service's id. */
const char *line_table(struct line *line, const char *name);
/** A service of one's own on a table that is there (not published by this). */
const char *line_declare(struct line *line, const struct lt_service *service);
/** The standard service of a table, to be changed and declared. */
struct lt_service line_service(struct line *line, const char *table);
/** Declares again under the same id. */
void line_redeclare(struct line *line, const char *id, const struct lt_service *service);
void line_publish(struct line *line, const char *table);

/** The stand-in steward answers wanted incarnations (on at first). */
void line_steward(struct line *line, bool on);

/** The role that the provider logs in with (postgres at first). */
void line_role(struct line *line, const char *role);
/** More lines for the provider's configuration, before the start. */
void line_config(struct line *line, const char *section, const char *key, const char *value);
/** Takes back all lines of line_config(), for the next start. */
void line_config_clear(struct line *line);
void line_start(struct line *line);
void line_kill(struct line *line); /**< kill -9 */
int line_stop(struct line *line);  /**< SIGTERM; the exit status */
bool line_running(struct line *line);
pid_t line_pid(const struct line *line);
/** Waits for a process that line_start() replaced. */
void line_reap(pid_t pid, int seconds, int *ret_status);
long line_peak_kib(struct line *line); /**< VmHWM of the running provider */
/** Runs the program with a command (`plan`, `check`); its standard output and exit status. */
const char *line_command(struct line *line, const char *command, int *ret_status);
/** Does the provider's log hold this text? */
bool line_logged(struct line *line, const char *text);
void line_wait_logged(struct line *line, const char *text, int seconds);

/* ---- feeds ---- */

/** The stored position of a service, or of the source; false when there is none. */
struct line_position {
    char state[16], reason[300];
    int64_t incarnation, next_seq;
    uint8_t chain[32];
};
bool line_position(struct line *line, const char *service, struct line_position *ret);
bool line_source(struct line *line, struct lt_source_position *ret); /**< numbers only */
/** Waits for a state of an incarnation at least `incarnation`. */
int64_t
line_wait_state(struct line *line, const char *service, const char *state, int64_t incarnation);

struct line_record {
    int64_t seq;
    enum lt_op op;
    lt_time time;
    uint64_t lsn;
    int64_t ordinal;
    char *key;   /**< key fields joined by | */
    char *value; /**< fields joined by |, null as \N; NULL: no value */
    char *scope; /**< old scope values, NULL: no header */
};
struct line_feed {
    struct line_record *records;
    size_t count;
    uint8_t chain[32];
};
/** Reads a whole feed committed; fails unless seq is 1, 2, 3 ... and pos never goes back. */
struct line_feed line_read(struct line *line, const char *service, int64_t incarnation);
void line_feed_fini(struct line_feed *feed);
/** Makes the feed's topic anew, without its records, while the provider is down. */
void line_lose_feed(const char *service, int64_t incarnation);
size_t line_count(const struct line_feed *feed, enum lt_op op);

/** Waits until the newest incarnation streams and, folded by key, equals the table; fails after
 * `seconds`.  Checks the stored chain and next seq too. */
void line_wait_equal(struct line *line, const char *service, const char *table, int seconds);
