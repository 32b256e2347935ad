/**
 * @file
 * One Kafka request over a TLS connection of our own, for what librdkafka 2.0.2 has no call for
 * (row 11).  Layer 2, blocking, any thread, for this directory only.
 */
#pragma once

#include "bus/bus.h"

/** Asks the brokers in turn until one answers, 10 s each; the request may reach two of them.
 * *ret_answer: what follows the correlation id.  RETRY: none answers.  FATAL: a certificate. */
int lt_raw_call(const struct lt_bus *bus,
                int16_t api_key,
                int16_t api_version,
                struct lt_bytes body,
                struct lt_buf *ret_answer,
                struct lt_error *reterr) LT_MUST_CHECK;

/* Big-endian fields of requests. */
void lt_raw_put_i8(struct lt_buf *buf, int8_t v);
void lt_raw_put_i16(struct lt_buf *buf, int16_t v);
void lt_raw_put_i32(struct lt_buf *buf, int32_t v);
void lt_raw_put_text(struct lt_buf *buf, const char *text); /**< NULL: a null string */

/** Fields of answers.  Beyond the end everything is 0 or empty and `bad` is set. */
struct lt_raw_fields {
    const uint8_t *at, *end;
    bool bad;
};
int8_t lt_raw_i8(struct lt_raw_fields *fields);
int16_t lt_raw_i16(struct lt_raw_fields *fields);
int32_t lt_raw_i32(struct lt_raw_fields *fields);
struct lt_bytes lt_raw_text(struct lt_raw_fields *fields); /**< data NULL: a null string */
/** Elements of an array: 0 to max; more, or fewer than 0, is `bad`. */
int32_t lt_raw_count(struct lt_raw_fields *fields, int32_t max);
