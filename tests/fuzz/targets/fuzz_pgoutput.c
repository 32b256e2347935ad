/* Any bytes as a pgoutput message: no crash, and everything an event shows lies inside them. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pgoutput/pgoutput.h"

static volatile size_t sink;

static void touch(struct lt_bytes view)
{
    for (size_t i = 0; i < view.len; i++) {
        sink += view.data[i];
    }
}

static void touch_tuple(const struct lt_pgo_tuple *tuple)
{
    for (size_t i = 0; i < tuple->count; i++) {
        touch(tuple->values[i].text);
    }
}

static void touch_event(const struct lt_pgo_event *event)
{
    switch (event->kind) {
    case LT_PGO_RELATION:
        sink += strlen(event->u.relation.schema) + strlen(event->u.relation.name);
        for (size_t i = 0; i < event->u.relation.count; i++) {
            sink += strlen(event->u.relation.columns[i].name);
        }
        break;
    case LT_PGO_INSERT:
    case LT_PGO_UPDATE:
    case LT_PGO_DELETE:
        touch_tuple(&event->u.row.old_row);
        touch_tuple(&event->u.row.new_row);
        break;
    case LT_PGO_TRUNCATE:
        for (size_t i = 0; i < event->u.truncate.count; i++) {
            sink += lt_pgo_truncated(event, i);
        }
        break;
    case LT_PGO_MESSAGE:
        sink += strlen(event->u.message.prefix);
        touch(event->u.message.content);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lt_pgo *decoder;
    if (decoder == NULL) {
        decoder = lt_pgo_new();
    }
    struct lt_pgo_event event;
    if (lt_pgo_decode(decoder, lt_bytes(data, size), &event, NULL) == 0) {
        touch_event(&event);
    }
    return 0;
}
