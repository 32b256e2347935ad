/*
 * Settings of a topic by a raw request, IncrementalAlterConfigs version 0: librdkafka 2.0.2 has
 * only the call that resets every setting it is not told of.
 */
#include "bus/admin.h"

#include "bus_priv.h"
#include "raw.h"

enum { INCREMENTAL_ALTER_CONFIGS = 44, VERSION = 0, TOPIC = 2, SET = 0 };

static void put_request(struct lt_buf *body,
                        const char *topic,
                        const struct lt_topic_config *configs,
                        size_t count)
{
    lt_raw_put_i32(body, 1);
    lt_raw_put_i8(body, TOPIC);
    lt_raw_put_text(body, topic);
    lt_raw_put_i32(body, (int32_t)count);
    for (size_t i = 0; i < count; i++) {
        lt_raw_put_text(body, configs[i].name);
        lt_raw_put_i8(body, SET);
        lt_raw_put_text(body, configs[i].value);
    }
    lt_raw_put_i8(body, 0); /* not only validate */
}

/* {throttle, [{error, message, resource}]}, for one topic. */
static int check_answer(struct lt_bytes answer, const char *topic, struct lt_error *reterr)
{
    struct lt_raw_fields fields = {.at = answer.data, .end = answer.data + answer.len};
    lt_raw_i32(&fields);
    int32_t results = lt_raw_count(&fields, 1);
    int16_t err = lt_raw_i16(&fields);
    struct lt_bytes message = lt_raw_text(&fields);
    if (fields.bad || results != 1) {
        return lt_fail(reterr, LT_ERR_FATAL, "kafka", 0,
                       "settings of '%s': answer cannot be understood", topic);
    }
    if (err == 0) {
        return 0;
    }
    return lt_bus_fail(reterr, err, "settings of '%s': %.*s", topic, (int)LT_MIN(message.len, 200),
                       (const char *)message.data);
}

int lt_admin_settings_set(struct lt_admin *admin,
                          const char *topic,
                          const struct lt_topic_config *configs,
                          size_t count,
                          struct lt_error *reterr)
{
    struct lt_buf body = {0}, answer = {0};
    put_request(&body, topic, configs, count);
    int rc = lt_raw_call(lt_admin_bus(admin), INCREMENTAL_ALTER_CONFIGS, VERSION,
                         lt_buf_bytes(&body), &answer, reterr);
    if (rc == 0) {
        rc = check_answer(lt_buf_bytes(&answer), topic, reterr);
    }
    lt_buf_fini(&body);
    lt_buf_fini(&answer);
    return rc;
}
