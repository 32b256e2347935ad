/*
 * The ends of many topics at once.  librdkafka asks for offsets by time in one request a broker,
 * and hands the time on as it is: -1 is ListOffsets' own word for the end, which is the last stable
 * offset or the high watermark by the isolation of the client.
 */
#include "bus_priv.h"

#define THE_END     (-1)
#define TOGETHER_MS 2000

static rd_kafka_topic_partition_list_t *questions(const struct lt_ends *list, size_t count)
{
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_list_add(all, list[i].topic, 0)->offset = THE_END;
    }
    return all;
}

/* Where one partition has no leader librdkafka answers for none. */
static void ask(struct lt_reader *reader, struct lt_ends *list, size_t count, bool committed)
{
    struct lt_client *client = lt_reader_client(reader);
    rd_kafka_topic_partition_list_t *all = questions(list, count);
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(client->rk, all, TOGETHER_MS);
    rd_kafka_poll(client->rk, 0);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        lt_client_answered(client);
    }
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_topic_partition_t *one = &all->elems[i];
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR || one->err != RD_KAFKA_RESP_ERR_NO_ERROR ||
            one->offset < 0) {
            list[i].state = LT_ERR_RETRY;
        }
        *(committed ? &list[i].lso : &list[i].hw) = one->offset;
    }
    rd_kafka_topic_partition_list_destroy(all);
}

static void ask_singly(struct lt_asker *asker, struct lt_ends *one)
{
    int64_t low;
    struct lt_error err = {0};
    int rc = lt_asker_watermarks(asker, one->topic, &low, &one->lso, &one->hw, &err);
    one->state = rc == 0 ? LT_ERR_NONE : err.class;
}

void lt_asker_ends(struct lt_asker *asker, struct lt_ends *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        list[i].state = LT_ERR_NONE;
    }
    if (count > 0) {
        /* The high watermark first: an LSO that reaches it later has reached it for good. */
        ask(asker->uncommitted, list, count, false);
        ask(asker->committed, list, count, true);
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].state != LT_ERR_NONE) {
            ask_singly(asker, &list[i]);
        }
    }
}
