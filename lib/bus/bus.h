/**
 * @file
 * Kafka for lanes: transactional producer, reader of one or more partitions, watermarks, tails,
 * topics and ACLs, over mTLS.  Layer 2.  Everything here blocks with a deadline and belongs to
 * the thread that calls it; one object, one thread.  librdkafka 2.0.2 work-arounds carry the row
 * number of kafka-and-avro A.2.
 *
 * All topics of ours have one partition: partition 0 everywhere.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/error.h"
#include "base/mem.h"

/** How to reach the cluster; texts are borrowed for the life of the objects made from it. */
struct lt_bus {
    const char *brokers;
    const char *ca_file, *cert_file, *key_file;
    const struct lt_conf_pair *extra; /**< librdkafka properties from [kafka], passed unchanged */
    size_t extra_count;
    const char *client_id;  /**< at most 60 bytes (row 10) */
    int64_t transaction_ms; /**< transaction.timeout.ms; 60,000 unless a test shortens it */
};

/** Whether an error of this library says that the principal lacks a right (which the steward may be
 * about to give). */
bool lt_bus_is_denied(const struct lt_error *err);
/** Whether it says that the producer's transactional id is another's now.  librdkafka 2.0.2 says
 * the same of a transaction that the broker timed out, so that who is told so may simply have stood
 * still: it starts anew as a process and takes the id back. */
bool lt_bus_is_fenced(const struct lt_error *err);

/** Buffer for the id of a Kafka cluster.  A cluster made anew has another one: what a process holds
 * in memory, offsets above all, is of one cluster. */
#define LT_CLUSTER_ID_MAX 64
/** Is it another cluster than the one that is known?  The first id is taken into `known`; "", which
 * a client tells before the first answer, says nothing. */
bool lt_cluster_is_another(char known[LT_CLUSTER_ID_MAX], const char *id);

/* ---- producer ---- */

struct lt_producer;
/** transactional_id NULL: a plain idempotent producer (acks=all). */
struct lt_producer *lt_producer_open(const struct lt_bus *bus,
                                     const char *transactional_id,
                                     struct lt_error *reterr) LT_MUST_CHECK;
/** Never blocks longer than 5 s (row 3). */
void lt_producer_close(struct lt_producer *producer);
LT_DEFINE_CLEANUP(struct lt_producer, lt_producer_close)

/** init_transactions: fences older holders of the id and ends what they left open.  Once per
 * producer: starting over (protocol 4) is closing this one and opening another.  RETRY: no broker
 * answered in time.  FATAL: fenced, not authorised, or a certificate is refused. */
int lt_producer_init(struct lt_producer *producer,
                     int64_t timeout_ms,
                     struct lt_error *reterr) LT_MUST_CHECK;
int lt_producer_begin(struct lt_producer *producer, struct lt_error *reterr) LT_MUST_CHECK;

/** Queues one record; key, value and headers are copied.  value.data NULL: null value.  Blocks
 * (serving callbacks) while the queue is full.  REJECT: this record cannot be sent at all (too
 * large, topic known to be missing), nothing was queued.  ABORT: the queue is full and an earlier
 * record has failed.  A failure of delivery shows at commit.  In all three cases the topic is in
 * lt_producer_failed_topic(). */
struct lt_send_header {
    const char *name;
    struct lt_bytes value;
};
int lt_producer_send(struct lt_producer *producer,
                     const char *topic,
                     struct lt_bytes key,
                     struct lt_bytes value,
                     const struct lt_send_header *headers,
                     size_t header_count,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** Commits.  0 = certainly decided (visibility is another matter: protocol 1.2).  ABORT: not
 * committed or uncertain: start over from what is stored.  FATAL: fenced or broken: close. */
int lt_producer_commit(struct lt_producer *producer, struct lt_error *reterr) LT_MUST_CHECK;
/** Aborts; drops what is still queued.  0: certainly ended.  FATAL: close and open anew. */
int lt_producer_abort(struct lt_producer *producer, struct lt_error *reterr) LT_MUST_CHECK;
/** Topic whose delivery failed in the last transaction, and how; NULL when none. */
const char *lt_producer_failed_topic(const struct lt_producer *producer, struct lt_error *ret_how);
/** Records that a broker has acknowledged since the producer was opened. */
int64_t lt_producer_acknowledged(const struct lt_producer *producer);
/** Waits until nothing sent is open any more; an error names the topic that failed.  A transaction
 * that failed as a whole drops its records without one: lt_producer_acknowledged() tells. */
int lt_producer_flush(struct lt_producer *producer,
                      int64_t timeout_ms,
                      struct lt_error *reterr) LT_MUST_CHECK;

/* ---- reader ---- */

struct lt_message {
    const char *topic; /**< good while the reader has the topic assigned */
    int64_t offset;
    lt_time append_time;          /**< LogAppendTime, microseconds */
    struct lt_bytes key, value;   /**< value.data NULL: null */
    struct lt_bytes lt;           /**< the `lt` header; data NULL when there is none */
    struct lt_bytes scope_before; /**< `lt-scope-before`; data NULL when there is none */
    void *handle;
};

/** How long a fetch waits at the broker, in milliseconds, while no record comes; one that comes
 * ends the wait.  So late the end of a partition is noticed, and so late a topic that is added or
 * moved begins beside others that are silent; a long wait costs less while nothing happens. */
enum lt_fetch_wait {
    LT_READ_LOOK = 5,     /**< short looks at ends */
    LT_READ_MOVING = 50,  /**< topics are added and moved all the time */
    LT_READ_STEADY = 250, /**< topics stay */
};

struct lt_reader;
/** Reads ahead at most 100,000 records or 64 MiB of each topic. */
struct lt_reader *lt_reader_open(const struct lt_bus *bus,
                                 bool read_committed,
                                 enum lt_fetch_wait wait,
                                 struct lt_error *reterr) LT_MUST_CHECK;
void lt_reader_close(struct lt_reader *reader);
LT_DEFINE_CLEANUP(struct lt_reader, lt_reader_close)
/** Adds a topic (partition 0) at an offset (LT_OFFSET_BEGIN allowed), or moves it there. */
#define LT_OFFSET_BEGIN (-2)
int lt_reader_add(struct lt_reader *reader,
                  const char *topic,
                  int64_t offset,
                  struct lt_error *reterr) LT_MUST_CHECK;
int lt_reader_remove(struct lt_reader *reader,
                     const char *topic,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** Stops and starts fetching of a topic without losing the position. */
int lt_reader_pause(struct lt_reader *reader,
                    const char *topic,
                    bool paused,
                    struct lt_error *reterr) LT_MUST_CHECK;
/** One message: 1 and *ret (release with lt_message_release), 0 when none came within timeout_ms,
 * -1: RETRY (broker away); REJECT: one topic cannot be read (code says why: not authorised,
 * unknown, offset out of range), named in lt_reader_failed_topic() and told again while it lasts;
 * the others go on, and so does this one by itself when the right or the topic comes back, but
 * after an offset out of range it must be moved.  FATAL: nothing can be read any more.
 * Messages are released before the reader is closed. */
int lt_reader_poll(struct lt_reader *reader,
                   int64_t timeout_ms,
                   struct lt_message *ret,
                   struct lt_error *reterr) LT_MUST_CHECK;
void lt_message_release(struct lt_message *message);
/** Next offset to be handed out (after markers and aborted records skipped at the end of the
 * partition), or the assigned offset when nothing came yet; -1 unknown topic. */
int64_t lt_reader_position(const struct lt_reader *reader, const char *topic);
const char *lt_reader_failed_topic(const struct lt_reader *reader);
/** The id of the cluster that answered last; "" before the first answer. */
void lt_reader_cluster_id(const struct lt_reader *reader, char buf[LT_CLUSTER_ID_MAX]);

/** Watermarks from the broker.  committed: the last stable offset; else the high watermark.
 * *ret_low is the log start.  REJECT: unknown topic. */
int lt_bus_watermarks(const struct lt_bus *bus,
                      const char *topic,
                      bool committed,
                      int64_t *ret_low,
                      int64_t *ret_high,
                      struct lt_error *reterr) LT_MUST_CHECK;
/* The same with a client that is kept open (asking often). */
struct lt_asker;
struct lt_asker *lt_asker_open(const struct lt_bus *bus, struct lt_error *reterr) LT_MUST_CHECK;
void lt_asker_close(struct lt_asker *asker);
LT_DEFINE_CLEANUP(struct lt_asker, lt_asker_close)
int lt_asker_watermarks(struct lt_asker *asker,
                        const char *topic,
                        int64_t *ret_low,
                        int64_t *ret_lso,
                        int64_t *ret_hw,
                        struct lt_error *reterr) LT_MUST_CHECK;
/** The ends of one topic: state NONE, or the class of what lt_asker_watermarks() fails with. */
struct lt_ends {
    const char *topic;
    enum lt_err_class state;
    int64_t lso, hw; /**< of state NONE */
};
/** The ends of many topics by two requests to each broker that leads some of them.  Those that had
 * no answer so (a topic that is gone, or another one in the list that has no leader) are asked for
 * singly. */
void lt_asker_ends(struct lt_asker *asker, struct lt_ends *list, size_t count);
/** 1 exists, 0 does not, -1 cannot tell.  What one broker knows: a change reaches the others some
 * milliseconds later. */
int lt_asker_topic_exists(struct lt_asker *asker,
                          const char *topic,
                          struct lt_error *reterr) LT_MUST_CHECK;
/** The last committed data record below the high watermark: looks back from the end in doubling
 * steps (F.1).  1 found, 0 the topic holds none, -1 error. */
int lt_asker_tail(struct lt_asker *asker,
                  const char *topic,
                  struct lt_message *ret,
                  struct lt_error *reterr) LT_MUST_CHECK;

/** The first committed record at or after `offset`, below the last stable offset.  1 found, 0 none
 * there, -1 error. */
int lt_asker_record_at(struct lt_asker *asker,
                       const char *topic,
                       int64_t offset,
                       struct lt_message *ret,
                       struct lt_error *reterr) LT_MUST_CHECK;

/** Reads a topic read_committed from `offset` to the high watermark noted at the call (not to EOF:
 * protocol 4.3), calling visit for each record.  RETRY when it stays unreadable longer than
 * timeout_ms.  *ret_next: that high watermark (or `offset` when it is beyond): where to go on. */
typedef int lt_message_visit(void *arg, const struct lt_message *message, struct lt_error *reterr);
int lt_bus_read_to_end(const struct lt_bus *bus,
                       const char *topic,
                       int64_t offset,
                       int64_t timeout_ms,
                       lt_message_visit *visit,
                       void *arg,
                       int64_t *ret_next,
                       struct lt_error *reterr) LT_MUST_CHECK;
