/*
 * The ends of many topics at once.  librdkafka asks for offsets by time in one request a broker,
 * and hands the time on as it is: -1 is ListOffsets' own word for the end, which is the last stable
 * offset or the high watermark by the isolation of the client.
 */
#include "bus_priv.h"

#define THE_END (-1)

static rd_kafka_topic_partition_list_t *questions(const struct lt_ends *list, size_t count)
{
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_list_add(all, list[i].topic, 0)->offset = THE_END;
    }
    return all;
}

/* No answer for this topic is the answer for all of them, or none. */
static enum lt_err_class state_of(const rd_kafka_topic_partition_t *one, rd_kafka_resp_err_t all)
{
    if (one->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return lt_bus_class(one->err);
    }
    if (all != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return lt_bus_class(all);
    }
    return one->offset >= 0 ? LT_ERR_NONE : LT_ERR_RETRY;
}

static void ask(struct lt_reader *reader, struct lt_ends *list, size_t count, bool committed)
{
    struct lt_client *client = lt_reader_client(reader);
    rd_kafka_topic_partition_list_t *all = questions(list, count);
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(client->rk, all, LT_ASK_TIMEOUT_MS);
    rd_kafka_poll(client->rk, 0);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        lt_client_answered(client);
    }
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_topic_partition_t *one = &all->elems[i];
        enum lt_err_class state = state_of(one, err);
        list[i].state = list[i].state == LT_ERR_NONE ? state : list[i].state;
        *(committed ? &list[i].lso : &list[i].hw) = one->offset;
    }
    rd_kafka_topic_partition_list_destroy(all);
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
}
