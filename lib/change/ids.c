#include "change/ids.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define DOMAIN     "id"
#define DIGITS_MAX 12

static const struct {
    const char *prefix, *word;
    int width; /* digits at least; a larger number takes more, never a leading zero more */
} kinds[] = {
    [LT_ID_AGENCY] = {"ag", "agency", 4},
    [LT_ID_APPLICATION] = {"ap", "application", 6},
    [LT_ID_SERVICE] = {"sv", "data service", 6},
    [LT_ID_SOURCE] = {"so", "source", 6},
    [LT_ID_AGREEMENT] = {"ar", "agreement", 6},
    [LT_ID_CONNECTION] = {"cn", "connection", 6},
    [LT_ID_HOLD] = {"ho", "hold", 6},
};

/* One text per number: no sign, no blank, no zero that the width does not ask for. */
static int parse_digits(const char *text, size_t len, size_t width, int64_t *ret)
{
    uint64_t number;
    if (len < width || len > DIGITS_MAX || (len > width && text[0] == '0'))
        return -1;
    if (lt_parse_u64(text, len, INT64_MAX, &number) < 0 || number == 0)
        return -1;
    *ret = (int64_t)number;
    return 0;
}

int lt_id_parse(enum lt_id_kind kind,
                const char *text,
                int64_t *ret_number,
                struct lt_error *reterr)
{
    size_t len = strlen(text);
    if (len > 2 && strncmp(text, kinds[kind].prefix, 2) == 0 &&
        parse_digits(text + 2, len - 2, (size_t)kinds[kind].width, ret_number) == 0)
        return 0;
    return lt_fail(reterr, LT_ERR_REJECT, DOMAIN, 0,
                   "'%.32s' is no id of kind %s (%s and %d digits or more, from 1)", text,
                   kinds[kind].word, kinds[kind].prefix, kinds[kind].width);
}

void lt_id_format(enum lt_id_kind kind, int64_t number, char buf[LT_ID_MAX])
{
    lt_assert(number >= 1 && number <= 999999999999);
    snprintf(buf, LT_ID_MAX, "%s%0*" PRId64, kinds[kind].prefix, kinds[kind].width, number);
}

int lt_stream_parse(const char *stream,
                    char ret_connection[LT_ID_MAX],
                    int64_t *ret_generation,
                    struct lt_error *reterr)
{
    const char *dot = strchr(stream, '.');
    char connection[LT_ID_MAX];
    int64_t number, generation;
    if (!dot || (size_t)(dot - stream) >= sizeof connection)
        goto bad;
    memcpy(connection, stream, (size_t)(dot - stream));
    connection[dot - stream] = '\0';
    if (lt_id_parse(LT_ID_CONNECTION, connection, &number, NULL) < 0 ||
        parse_digits(dot + 1, strlen(dot + 1), 1, &generation) < 0)
        goto bad;
    memcpy(ret_connection, connection, sizeof connection);
    *ret_generation = generation;
    return 0;
bad:
    return lt_fail(reterr, LT_ERR_REJECT, DOMAIN, 0,
                   "'%.32s' is not a stream (a connection, a dot and its generation)", stream);
}

int64_t lt_generation_base(int64_t epoch)
{
    lt_assert(epoch < LT_EPOCH_MAX);
    return epoch > 1 ? (epoch - 1) * 1000000 : 0;
}

void lt_stream_format(const char *connection, int64_t generation, char buf[LT_TOPIC_MAX])
{
    lt_assert(generation >= 1);
    int len = snprintf(buf, LT_TOPIC_MAX, "%s.%" PRId64, connection, generation);
    lt_assert(len < LT_TOPIC_MAX);
}

/* Once for every record given out, so not by printf. */
static void topic(const char *kind, const char *name, char buf[LT_TOPIC_MAX])
{
    size_t kind_len = strlen(kind), name_len = strlen(name);
    lt_assert(kind_len + 1 + name_len < LT_TOPIC_MAX);
    memcpy(buf, kind, kind_len);
    buf[kind_len] = '.';
    memcpy(buf + kind_len + 1, name, name_len + 1);
}

void lt_topic_feed(const char *service, int64_t incarnation, char buf[LT_TOPIC_MAX])
{
    lt_assert(incarnation >= 1);
    int len = snprintf(buf, LT_TOPIC_MAX, "feed.%s.%" PRId64, service, incarnation);
    lt_assert(len < LT_TOPIC_MAX);
}

void lt_topic_stream(const char *stream, char buf[LT_TOPIC_MAX])
{
    topic("stream", stream, buf);
}

void lt_topic_inbox(const char *application, char buf[LT_TOPIC_MAX])
{
    topic("inbox", application, buf);
}

void lt_topic_outbox(const char *application, char buf[LT_TOPIC_MAX])
{
    topic("outbox", application, buf);
}

void lt_topic_progress(const char *source, char buf[LT_TOPIC_MAX])
{
    topic("progress", source, buf);
}
