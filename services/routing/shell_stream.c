/* What stands in a stream's topic: its tail, records to adopt, the keys a load has delivered. */
#include <string.h>

#include "base/log.h"
#include "change/lt_header.h"
#include "daemon/daemon.h"
#include "position/position.h"
#include "routing/shell.h"

/* How long a tail may take to become readable after its markers are due; longer, and both lanes
 * start over (protocol 6.4). */
#define TAIL_TIMEOUT_MS 5000

/* A topic just made is not known to every broker and client at once; it gets so long before it is
 * ejected for that. */
#define NEW_TOPIC_MS 2000

int lt_shell_topic_exists(void *arg, const struct lane_stream *stream, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    char topic[LT_TOPIC_MAX];
    lt_topic_stream(stream->name, topic);
    int exists = lt_asker_topic_exists(shell->asker, topic, reterr);
    return exists < 0 ? lt_shell_fail(reterr) : exists;
}

static int
read_tail(struct lt_shell *shell, const char *topic, struct lane_tail *ret, struct lt_error *reterr)
{
    struct lt_message message;
    if (lt_wait_readable(shell->asker, topic, TAIL_TIMEOUT_MS, reterr) < 0)
        return -1;
    int found = lt_asker_tail(shell->asker, topic, &message, reterr);
    if (found <= 0)
        return found;
    struct lt_header header;
    int rc = lt_header_parse(message.lt, &header, reterr);
    if (rc == 0)
        *ret = (struct lane_tail){.seq = header.seq, .last = header.feed_seq};
    lt_message_release(&message);
    return rc;
}

int lt_shell_tail(void *arg,
                  const struct lane_stream *stream,
                  struct lane_tail *ret,
                  struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    char topic[LT_TOPIC_MAX];
    lt_topic_stream(stream->name, topic);
    const int64_t until = lt_monotonic_ms() + NEW_TOPIC_MS;
    while (*ret = (struct lane_tail){0}, read_tail(shell, topic, ret, reterr) != 0) {
        if (reterr->class == LT_ERR_RETRY)
            return -1;
        if (reterr->class != LT_ERR_REJECT)
            return lt_shell_fail(reterr);
        struct lt_error err = {0};
        const int exists = lt_asker_topic_exists(shell->asker, topic, &err);
        if (exists == 0) {
            *reterr = (struct lt_error){0};
            return 0;
        }
        if (lt_monotonic_ms() >= until || lt_stop_wait(NEW_TOPIC_MS / 20)) {
            lt_log_error(LT_LOG_ERROR, "topic_ejected", reterr, "topic", topic, NULL);
            return -1;
        }
    }
    return 0;
}

/* Moves a copy of the cursor over records that became visible although the cursor beside them was
 * lost: same seq, same bytes. */
static int adopt_record(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct lane_stream *stream = arg;
    struct lt_header header;
    if (lt_header_parse(message->lt, &header, reterr) < 0)
        return -1;
    if (header.seq != stream->seq + 1)
        return 0;
    lt_lane_stream_give(stream, header.feed_seq, header.op == LT_OP_DELETE, message->append_time);
    lt_chain_add(&stream->chain, message->key, message->value, message->lt);
    return 0;
}

static int read_topic(struct lt_shell *shell,
                      const struct lane_stream *stream,
                      lt_message_visit *visit,
                      void *arg,
                      struct lt_error *reterr)
{
    char topic[LT_TOPIC_MAX];
    int64_t next;
    lt_topic_stream(stream->name, topic);
    if (lt_bus_read_to_end(&shell->bus, topic, LT_OFFSET_BEGIN, shell->conf->transaction_ms, visit,
                           arg, &next, reterr) == 0)
        return 0;
    return reterr->class == LT_ERR_RETRY ? -1 : lt_shell_fail(reterr);
}

int lt_shell_adopt(void *arg,
                   struct lane_stream *stream,
                   const struct lane_tail *tail,
                   struct lt_error *reterr)
{
    struct lane_stream adopted = *stream;
    if (read_topic(arg, stream, adopt_record, &adopted, reterr) < 0)
        return -1;
    lt_log(LT_LOG_NOTICE, "tail_ahead", "stream", stream->name, "seq",
           lt_logf("%lld", (long long)stream->seq), "tail", lt_logf("%lld", (long long)tail->seq),
           NULL);
    if (adopted.seq != tail->seq)
        return 0;
    *stream = adopted;
    return 1;
}

static int add_key(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    uint8_t hash[16];
    lt_shell_hash_key(message->key, hash);
    lt_lane_keys_add(arg, hash);
    return 0;
}

int lt_shell_load_keys(void *arg,
                       const struct lane_stream *stream,
                       struct lane_keys *keys,
                       struct lt_error *reterr)
{
    return read_topic(arg, stream, add_key, keys, reterr);
}
