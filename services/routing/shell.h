/**
 * @file
 * A lane over Kafka: the port of lane.h with everything it needs.  One shell, one thread.
 *
 *   shell.c          life of a shell, its port, what failures mean
 *   shell_start.c    fence, scrub, cursors, looking around (protocol 4, 5.4)
 *   shell_control.c  the fold, terms and right of a connection, gap reports
 *   shell_diary.c    whether the diary can be written
 *   shell_stream.c   tails, adoption, keys of a load
 *   shell_feed.c     reading feeds
 *   shell_send.c     the transaction
 *   shell_told.c     schemas for inboxes
 *   shell_eject.c    topics that refuse
 */
#pragma once

#include "base/log.h"
#include "bus/admin.h"
#include "bus/bus.h"
#include "daemon/daemon.h"
#include "routing/config.h"
#include "routing/lane.h"
#include "routing/shape.h"

/** Counted per lane. */
struct lt_routing_metrics {
    struct lt_metric *records, *deliveries, *commits, *starts, *refused, *garbage;
    struct lt_metric *running, *fresh, *diary, *control, *streams[LANE_ENDED + 1];
};
void lt_routing_metrics_register(struct lt_routing_metrics *metrics, enum lane_id id);

struct lt_shell_feed {
    char topic[LT_TOPIC_MAX];
    const struct lane_feed *feed; /**< as the lane gave it */
    bool open;
    int64_t seq, offset;                /**< last record handed out, and where the next one is */
    struct lt_lane_crowd *crowd;        /**< live lane */
    bool stale;                         /**< a shape in it was replaced */
    struct lt_lane_rows *rows;          /**< its schemas; NULL: to be looked up */
    bool ahead;                         /**< its last sync point came from the future */
    const struct lt_lane_rows *foreign; /**< it stands before a row of other schemas than these;
                                           NULL: it does not */
};
/** A topic that could not be read to its end when last looked at. */
struct lt_shell_watch {
    char topic[LT_TOPIC_MAX];
    int64_t lso;
    int64_t since_ms; /**< 0: readable */
};
struct lt_shell_told {
    char inbox[LT_TOPIC_MAX];
    int32_t schema;
};
/** An inbox that refused. */
struct lt_shell_mute {
    char inbox[LT_TOPIC_MAX];
    int64_t until_ms;
};
struct lt_shell_decision {
    char stream[LT_TOPIC_MAX];
    enum lane_state from, to;
    char clause[LANE_REASON_MAX], reason[64];
};
/** Whether the diary takes what is written. */
struct lt_shell_diary {
    struct lt_producer *producer; /**< of the proofs; NULL: to be opened */
    bool proved;
    bool refused;          /**< by name: nothing that passes by itself */
    int64_t asked_ms;      /**< when it was proved or tried last; 0: not yet */
    lt_time failing_since; /**< LT_TIME_NONE: it is not */
};
/** Where a feed seq was found: the catch-up lane comes back to places. */
struct lt_shell_place {
    char topic[LT_TOPIC_MAX];
    int64_t seq, offset;
};
#define SHELL_PLACES 64

struct lt_shell {
    enum lane_id id;
    const struct lt_routing_conf *conf;
    struct lt_bus bus;
    char client_id[48], transactional_id[48];
    uint8_t public_key[LT_SIGN_KEY_BYTES];
    char cluster_id[LT_CLUSTER_ID_MAX]; /**< of the fold */
    struct lt_routing_metrics *metrics;
    struct lane *lane;
    struct lane_port port;
    struct lt_arena *arena; /**< one record's or one message's texts */

    struct lt_producer *producer;
    struct lt_asker *asker;
    struct lt_admin *admin;
    bool wrote; /**< since the last look around */
    struct lt_reader *cursors;

    struct lt_reader *control;
    struct lt_fold *fold;
    bool fresh;
    int64_t terms_version; /**< moves with every record of control taken, and every inbox muted */
    bool fold_complete;    /**< it was fresh once: its heartbeats are new ones */
    lt_time fold_time;     /**< when the fold was judged */
    lt_time stale_at;      /**< when it was first found not to be fresh; LT_TIME_NONE: it is */
    struct lt_shell_diary diary;
    int64_t outboxes_number; /**< control number at which outboxes were listed */
    struct lt_reader *outboxes;
    char (*reported)[LT_TOPIC_MAX];
    size_t reported_count;

    struct lt_lane_rows **rows;
    size_t rows_count;
    struct lt_lane_shape **shapes; /**< by connection, sorted */
    size_t shape_count, shape_cap;

    struct lt_reader *feeds;
    struct lt_shell_feed *feed_list;
    size_t feed_count;
    struct lt_message message; /**< of the record handed out */
    bool has_message;
    struct lt_lane_row row;
    bool foreign; /**< the message is of another schema than its service has */
    struct lt_lane_rows *row_of;
    size_t row_feed;                      /**< its place in feed_list */
    const struct lt_lane_shape *shape_of; /**< of the stream visited last; NULL: to be looked up */
    int64_t batch_began_ms;
    bool batch_has_records;
    struct lt_shell_place places[SHELL_PLACES];
    size_t next_place;

    struct lt_buf out, key;
    struct lt_shell_told *told;
    size_t told_count, told_cap; /**< sorted */
    struct lt_shell_mute *mutes;
    size_t mute_count;
    struct lt_shell_decision *decisions;
    size_t decision_count;
    int64_t delivered; /**< in the open transaction */
    bool wrote_diary;  /**< in the open transaction */

    struct lt_shell_watch *watches;
    size_t watch_count, watch_at;
    int64_t probed_ms;
};

/** LT_ERR_FATAL: configuration.  Nothing is read or written before the lane is stepped. */
struct lt_shell *lt_shell_new(enum lane_id id,
                              const struct lt_routing_conf *conf,
                              const struct lt_conf_extra *extra,
                              struct lt_routing_metrics *metrics,
                              struct lt_error *reterr) LT_MUST_CHECK;
void lt_shell_free(struct lt_shell *shell);
/** One step of the lane. */
enum lane_step lt_shell_step(struct lt_shell *shell, struct lt_error *reterr);

/* Inside of the shell's files. */
/** What a failure means for the lane: only "unreadable" stays RETRY; a broker that is away means
 * starting over (ABORT), and so does a producer that lost its sequence (row 2).  Returns -1. */
int lt_shell_fail(struct lt_error *reterr);

/** A topic refused: its stream is ejected, or an inbox muted for the technical pause.  Topics that
 * everyone needs stay. */
void lt_shell_eject(struct lt_shell *shell, const char *topic, const struct lt_error *how);
bool lt_shell_is_muted(const struct lt_shell *shell, const char *inbox);
/** LT_ERR_ABORT once when a muted inbox has rested: the start repeats what it was not told. */
int lt_shell_unmute(struct lt_shell *shell, struct lt_error *reterr);
/** Start steps. */
int lt_shell_init(void *arg, struct lt_error *reterr);
int lt_shell_scrub(void *arg, struct lt_error *reterr);
int lt_shell_read_cursors(void *arg, bool whole, struct lt_error *reterr);
int lt_shell_stuck(void *arg, struct lt_error *reterr);
/** Control. */
/** What was folded counts no more: read again, of the cluster that answers now. */
void lt_shell_control_reset(struct lt_shell *shell);
int lt_shell_control(void *arg,
                     int64_t *ret_number,
                     struct lane_stand *ret_stand,
                     struct lt_error *reterr);
/** 1: the diary can be written; 0: it cannot, or nobody knows yet; *ret_stand as port.h has it. */
int lt_shell_diary(struct lt_shell *shell, struct lane_stand *ret_stand, struct lt_error *reterr);
/** Something was committed to it. */
void lt_shell_diary_proved(struct lt_shell *shell);
/** What was proved counts no more. */
void lt_shell_diary_doubt(struct lt_shell *shell);
int64_t lt_shell_terms_version(void *arg);
void lt_shell_each_connection(void *arg,
                              void (*visit)(void *visit_arg, const char *connection),
                              void *visit_arg);
bool lt_shell_terms(void *arg, const char *connection, int64_t day_count, struct lane_terms *ret);
int lt_shell_gap_reports(void *arg,
                         void (*visit)(void *visit_arg, const char *stream),
                         void *visit_arg,
                         struct lt_error *reterr);
/** The compiled scope of a connection; NULL: not known. */
struct lt_lane_shape *lt_shell_shape(struct lt_shell *shell, const char *connection);
struct lt_lane_rows *lt_shell_rows(struct lt_shell *shell, const char *service);
/** The shape of the stream that is being visited: looked up at most once a record. */
const struct lt_lane_shape *lt_shell_shape_of(struct lt_shell *shell, const char *connection);
/** Control may have changed: what was looked up in it counts no more. */
void lt_shell_forget_lookups(struct lt_shell *shell);
/** Streams. */
int lt_shell_topic_exists(void *arg, const struct lane_stream *stream, struct lt_error *reterr);
int lt_shell_tail(void *arg,
                  const struct lane_stream *stream,
                  struct lane_tail *ret,
                  struct lt_error *reterr);
int lt_shell_adopt(void *arg,
                   struct lane_stream *stream,
                   const struct lane_tail *tail,
                   struct lt_error *reterr);
int lt_shell_load_keys(void *arg,
                       const struct lane_stream *stream,
                       struct lane_keys *keys,
                       struct lt_error *reterr);
/** Feeds. */
void lt_shell_feeds_reset(struct lt_shell *shell);
/** A feed that stood before a row of another schema goes on when its service has another one. */
int lt_shell_feeds_resume(struct lt_shell *shell, struct lt_error *reterr);
int lt_shell_feed_end(void *arg,
                      const struct lane_feed *feed,
                      int64_t *ret_seq,
                      struct lt_error *reterr);
int lt_shell_feed_open(void *arg,
                       const struct lane_feed *feed,
                       int64_t after,
                       int64_t offset,
                       struct lt_error *reterr);
int lt_shell_feed_close(void *arg, const struct lane_feed *feed, struct lt_error *reterr);
int lt_shell_live_set(void *arg,
                      const struct lane_feed *feed,
                      struct lane_stream *const *streams,
                      size_t count,
                      struct lt_error *reterr);
int lt_shell_next(void *arg, struct lane_record *ret, struct lt_error *reterr);
int lt_shell_affected(void *arg,
                      const struct lane_record *record,
                      int (*visit)(void *visit_arg,
                                   const struct lane_stream *stream,
                                   bool before,
                                   bool after,
                                   struct lt_error *reterr),
                      void *visit_arg,
                      struct lt_error *reterr);
int lt_shell_effect(void *arg,
                    const struct lane_record *record,
                    const struct lane_stream *stream,
                    bool *ret_before,
                    bool *ret_after,
                    struct lt_error *reterr);
void lt_shell_feed_chain(void *arg, struct lane_feed *feed, const struct lane_record *record);
void lt_shell_key_hash(void *arg, const struct lane_record *record, uint8_t ret[16]);
void lt_shell_hash_key(struct lt_bytes key, uint8_t ret[16]);
/** The transaction. */
int lt_shell_begin(void *arg, struct lt_error *reterr);
int lt_shell_deliver(void *arg,
                     struct lane_stream *stream,
                     const struct lane_record *record,
                     enum lt_op op,
                     struct lt_error *reterr);
int lt_shell_put_stream(void *arg, const struct lane_stream *stream, struct lt_error *reterr);
int lt_shell_put_feed(void *arg, const struct lane_feed *feed, struct lt_error *reterr);
int lt_shell_put_notice(void *arg,
                        const struct lane_stream *stream,
                        bool over,
                        struct lt_error *reterr);
/** A platform record under a text key. */
int lt_shell_put(struct lt_shell *shell,
                 const char *topic,
                 const char *key,
                 enum lt_record_type type,
                 const void *record,
                 struct lt_error *reterr);
/** A schema into an inbox that has not been told it since the lane's last start. */
int lt_shell_put_schema(struct lt_shell *shell,
                        const char *inbox,
                        int32_t id,
                        struct lt_error *reterr);
int lt_shell_put_note(void *arg, const struct lane_stream *stream, struct lt_error *reterr);
int lt_shell_put_decision(void *arg,
                          const struct lane_stream *stream,
                          const struct lane_decision *what,
                          struct lt_error *reterr);
int lt_shell_put_stand(void *arg,
                       const struct lane_stand *stand,
                       bool over,
                       struct lt_error *reterr);
int lt_shell_commit(void *arg, struct lt_error *reterr);
/** Topics of the bucket: "routing.cursors", "platform.diary", "inbox." and "stream.". */
bool lt_shell_is_ours(const char *topic);
