#include "lienthong/tap.h"

#include "daemon/daemon.h"

#define SLICE_MS 200

int lt_cli_tap_open(const struct lt_bus *bus,
                    int64_t timeout_ms,
                    struct lt_cli_tap *ret,
                    struct lt_error *reterr)
{
    struct lt_cli_tap tap = {.timeout_ms = timeout_ms, .asker = lt_asker_open(bus, reterr)};
    if (tap.asker)
        tap.reader = lt_reader_open(bus, true, reterr);
    if (!tap.reader) {
        lt_cli_tap_close(&tap);
        return -1;
    }
    *ret = tap;
    return 0;
}

void lt_cli_tap_close(struct lt_cli_tap *tap)
{
    lt_reader_close(tap->reader);
    lt_asker_close(tap->asker);
    *tap = (struct lt_cli_tap){0};
}

/* One poll.  An unreachable broker is waited for; 1: something came. */
static int
poll_once(struct lt_cli_tap *tap, lt_message_visit *visit, void *arg, struct lt_error *reterr)
{
    struct lt_message message;
    struct lt_error err = {0};
    int rc = lt_reader_poll(tap->reader, SLICE_MS, &message, &err);
    if (rc < 0 && err.class == LT_ERR_RETRY)
        return 0;
    if (rc < 0) {
        if (reterr)
            *reterr = err;
        return -1;
    }
    if (rc == 0)
        return 0;
    rc = visit(arg, &message, reterr);
    lt_message_release(&message);
    return rc < 0 ? -1 : 1;
}

static int read_until(struct lt_cli_tap *tap,
                      const char *topic,
                      int64_t end,
                      lt_message_visit *visit,
                      void *arg,
                      struct lt_error *reterr)
{
    int64_t deadline = lt_monotonic_ms() + tap->timeout_ms;
    while (lt_reader_position(tap->reader, topic) < end) {
        int rc = poll_once(tap, visit, arg, reterr);
        if (rc < 0)
            return -1;
        if (rc > 0)
            deadline = lt_monotonic_ms() + tap->timeout_ms;
        else if (lt_monotonic_ms() >= deadline || lt_stopping())
            return lt_fail(reterr, LT_ERR_RETRY, "kafka", 0, "nothing came for %lld ms",
                           (long long)tap->timeout_ms);
    }
    return 0;
}

int lt_cli_tap_read(struct lt_cli_tap *tap,
                    const char *topic,
                    int64_t *offset,
                    lt_message_visit *visit,
                    void *arg,
                    bool *ret_hidden,
                    struct lt_error *reterr)
{
    *ret_hidden = false;
    int exists = lt_asker_topic_exists(tap->asker, topic, reterr);
    if (exists <= 0)
        return exists;
    int64_t low, readable, end;
    if (lt_asker_watermarks(tap->asker, topic, &low, &readable, &end, reterr) != 0)
        return -1;
    *ret_hidden = readable < end;
    const int64_t from = LT_MAX(*offset, low);
    if (from >= readable) {
        *offset = from;
        return 0;
    }
    if (lt_reader_add(tap->reader, topic, from, reterr) != 0)
        return -1;
    int rc = read_until(tap, topic, readable, visit, arg, reterr);
    if (rc == 0)
        *offset = lt_reader_position(tap->reader, topic);
    if (lt_reader_remove(tap->reader, topic, rc == 0 ? reterr : NULL) != 0)
        return -1;
    return rc == 0 ? 0 : lt_fail_context(reterr, "%s", topic);
}
