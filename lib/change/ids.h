/**
 * @file
 * Names of things on the wire: opaque fixed-width ids and the topics made of them.  Layer 1, pure.
 *
 *   ag0001 agency · ap000041 application · sv000412 data service · so000003 source ·
 *   ar000012 agreement (number 12) · cn000981 connection · ho000007 hold ·
 *   cn000981.2 stream (connection and generation) · ap000041.k3 principal (key generation 3)
 */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define LT_ID_MAX    16 /**< buffer for an id */
#define LT_TOPIC_MAX 64 /**< buffer for a topic or a stream name */

enum lt_id_kind {
    LT_ID_AGENCY,
    LT_ID_APPLICATION,
    LT_ID_SERVICE,
    LT_ID_SOURCE,
    LT_ID_AGREEMENT,
    LT_ID_CONNECTION,
    LT_ID_HOLD,
};
/** LT_ERR_REJECT unless text is exactly prefix + digits of that kind (number >= 1). */
int lt_id_parse(enum lt_id_kind kind,
                const char *text,
                int64_t *ret_number,
                struct lt_error *reterr) LT_MUST_CHECK;
void lt_id_format(enum lt_id_kind kind, int64_t number, char buf[LT_ID_MAX]);

/** "cn000981.2" <-> connection id and generation. */
int lt_stream_parse(const char *stream,
                    char ret_connection[LT_ID_MAX],
                    int64_t *ret_generation,
                    struct lt_error *reterr) LT_MUST_CHECK;
void lt_stream_format(const char *connection, int64_t generation, char buf[LT_TOPIC_MAX]);

/** The generations of an epoch of control begin above this: 0 in the first epoch, 1,000,000 in the
 * second.  An operator begins an epoch when Kafka's data were lost, and with them every cursor: so
 * no stream has the name of one that was before, whatever position a target remembers of it. */
int64_t lt_generation_base(int64_t epoch);
#define LT_EPOCH_MAX 900000

/** Topics. */
void lt_topic_feed(const char *service, int64_t incarnation, char buf[LT_TOPIC_MAX]);
void lt_topic_stream(const char *stream, char buf[LT_TOPIC_MAX]);
void lt_topic_inbox(const char *application, char buf[LT_TOPIC_MAX]);
void lt_topic_outbox(const char *application, char buf[LT_TOPIC_MAX]);
void lt_topic_progress(const char *source, char buf[LT_TOPIC_MAX]);
#define LT_TOPIC_CONTROL "platform.control"
#define LT_TOPIC_DIARY   "platform.diary"
#define LT_TOPIC_CURSORS "routing.cursors"

/** Transactional ids: "provider.so000003", "routing.b0.live", "routing.b0.catch",
 * "consumer.ap000041". */
