#include "provider-postgres/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "change/ids.h"

#define READ_TIMEOUT_MS 60000

struct inbox {
    char application[LT_ID_MAX];
    char topic[LT_TOPIC_MAX];
    char cluster_id[LT_CLUSTER_ID_MAX]; /* where it was read */
    uint8_t public_key[LT_SIGN_KEY_BYTES];
    struct lt_fold *fold;
    struct lt_reader *reader;
    int64_t refused;
    bool changed;
};

struct inbox *inbox_new(const char *application, const uint8_t public_key[LT_SIGN_KEY_BYTES])
{
    struct inbox *inbox = lt_alloc(sizeof(*inbox));
    snprintf(inbox->application, sizeof(inbox->application), "%s", application);
    lt_topic_inbox(application, inbox->topic);
    memcpy(inbox->public_key, public_key, LT_SIGN_KEY_BYTES);
    inbox->fold = lt_fold_new(public_key);
    return inbox;
}

void inbox_free(struct inbox *inbox)
{
    if (inbox != NULL) {
        lt_reader_close(inbox->reader);
        lt_fold_free(inbox->fold);
        free(inbox);
    }
}

int64_t inbox_refused(const struct inbox *inbox)
{
    return inbox->refused;
}

/* A record that is refused changes nothing: the fold keeps what the steward signed before. */
static int take(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct inbox *inbox = arg;
    struct lt_error why;
    (void)reterr;
    if (message->value.data == NULL) {
        return 0;
    }
    if (lt_fold_take(inbox->fold, message->key, message->value, &why) == 0) {
        inbox->changed = true;
    } else {
        inbox->refused++;
    }
    return 0;
}

int inbox_open(struct inbox *inbox, const struct lt_bus *bus, struct lt_error *reterr)
{
    int64_t next = 0;
    if (inbox->reader != NULL) {
        return 0;
    }
    if (lt_bus_read_to_end(bus, inbox->topic, LT_OFFSET_BEGIN, READ_TIMEOUT_MS, take, inbox, &next,
                           reterr) != 0) {
        if (reterr != NULL && reterr->class == LT_ERR_REJECT && !lt_bus_is_denied(reterr)) {
            reterr->class = LT_ERR_RETRY; /* not there yet: the steward makes it */
        }
        return lt_fail_context(reterr, "reading %s", inbox->topic);
    }
    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *reader = lt_reader_open(bus, true, LT_READ_STEADY, reterr);
    if (reader == NULL || lt_reader_add(reader, inbox->topic, next, reterr) != 0) {
        return -1;
    }
    inbox->reader = lt_steal(&reader);
    inbox->changed = false;
    return 0;
}

/* A cluster made anew (Kafka's data were lost) answers under the old address: what was read is
 * forgotten, and the next inbox_open() reads what is there now. */
static int check_cluster(struct inbox *inbox, struct lt_error *reterr)
{
    char id[LT_CLUSTER_ID_MAX];
    lt_reader_cluster_id(inbox->reader, id);
    if (lt_cluster_is_another(inbox->cluster_id, id)) {
        lt_fail(reterr, LT_ERR_ABORT, "provider", 0, "another Kafka cluster answers: %s, it was %s",
                id, inbox->cluster_id);
        lt_reader_close(lt_steal(&inbox->reader));
        lt_fold_free(inbox->fold);
        inbox->fold = lt_fold_new(inbox->public_key);
        inbox->cluster_id[0] = '\0';
        return -1;
    }
    return 0;
}

int inbox_poll(struct inbox *inbox, struct lt_error *reterr)
{
    if (check_cluster(inbox, reterr) != 0) {
        return -1;
    }
    for (;;) {
        struct lt_message message;
        int n = lt_reader_poll(inbox->reader, 0, &message, reterr);
        if (n < 0) {
            return lt_fail_context(reterr, "reading %s", inbox->topic);
        }
        if (n == 0) {
            bool changed = inbox->changed;
            inbox->changed = false;
            return changed ? 1 : 0;
        }
        (void)take(inbox, &message, NULL);
        lt_message_release(&message);
    }
}

int64_t inbox_incarnation(const struct inbox *inbox, const char *service)
{
    const struct lt_feed_body *feed = lt_fold_feed(inbox->fold, service);
    return feed != NULL ? feed->incarnation : 0;
}

struct visiting {
    const struct inbox *inbox;
    const char *source;
    inbox_visit *visit;
    void *arg;
};

static bool visit_service(void *arg, const char *id, int64_t number, const void *body)
{
    const struct visiting *v = arg;
    const struct lt_service *declared = body;
    struct lt_error why;
    (void)number;
    if (strcmp(declared->source, v->source) != 0 ||
        strcmp(declared->provider, v->inbox->application) != 0) {
        return true;
    }
    const struct lt_fold *fold = v->inbox->fold;
    const struct lt_schema_body *key = lt_fold_schema(fold, declared->key_schema);
    const struct lt_schema_body *value = lt_fold_schema(fold, declared->value_schema);
    const struct lt_schema_body *scope = lt_fold_schema(fold, declared->scope_schema);
    if (key == NULL || value == NULL || (scope == NULL && declared->scope_column_count > 0)) {
        return true; /* the rest of its records is on the way */
    }
    struct service *service =
        service_new(id, declared, key->text, value->text, scope != NULL ? scope->text : "", &why);
    v->visit(v->arg, id, service, service == NULL ? why.msg : NULL);
    return true;
}

void inbox_services(const struct inbox *inbox, const char *source, inbox_visit *visit, void *arg)
{
    struct visiting v = {inbox, source, visit, arg};
    lt_fold_each(inbox->fold, LT_CONTROL_SERVICE, visit_service, &v);
}
