#include "provider-postgres/changed.h"

#include <string.h>

#include "base/log.h"
#include "provider-postgres/provider_metrics.h"
#include "provider-postgres/shape.h"
#include "provider-postgres/source.h"

#define CHANGED "the table was rewritten or changed its shape"

static int need_session(struct changed *changed, struct lt_error *reterr)
{
    if (changed->pg == NULL) {
        changed->pg = source_open(changed->conf, NULL, NULL, reterr);
    }
    return changed->pg != NULL ? 0 : -1;
}

void changed_rest(struct changed *changed)
{
    lt_pg_close(changed->pg);
    changed->pg = NULL;
}

/* What of the table, as it is now, keeps the feed from running; empty: nothing. */
static int
read_fault(struct changed *changed, const struct feed *feed, char ret[256], struct lt_error *reterr)
{
    struct findings findings = {0};
    struct shape shape = {0};
    int rc = need_session(changed, reterr) != 0
                 ? -1
                 : shape_read(changed->pg, feed->service, changed->conf->publication, &shape,
                              &findings, reterr);
    const struct finding *fault = findings_blocking(&findings);
    snprintf(ret, 256, "%s", fault != NULL ? fault->what : "");
    shape_fini(&shape);
    findings_fini(&findings);
    return rc;
}

/* Without a fault the provider decides by its setting (architecture 4.2).  Held is held: a table
 * that looks as before again has had changes that are not in the stream. */
static void hold_or_renew(struct changed *changed, size_t index, struct batch *batch)
{
    struct feed *feed = &changed->feeds->items[index];
    feed->shape_reported = true;
    if (strcmp(changed->conf->on_shape_change, "renew") == 0) {
        capture_renew(changed->capture, index, CHANGED, batch);
        return;
    }
    capture_doubt(changed->capture, index, CHANGED, batch);
    lt_metric_add(provider_metrics.incidents, 1);
    lt_log(LT_LOG_ERROR, "sync_points_held", "service", feed->service->id, "reason",
           CHANGED "; set [provider] on_shape_change=renew to load it anew", NULL);
}

static bool is_same(const struct feed *feed, const uint8_t now[FINGERPRINT_BYTES])
{
    return feed->state != FEED_STREAMING || feed->shape_reported ||
           memcmp(feed->fingerprint, now, FINGERPRINT_BYTES) == 0;
}

static int
judge(struct changed *changed, size_t index, struct batch *batch, struct lt_error *reterr)
{
    char fault[256];
    if (read_fault(changed, &changed->feeds->items[index], fault, reterr) != 0) {
        return -1;
    }
    if (fault[0] != '\0') {
        capture_end(changed->capture, index, fault, batch);
    } else {
        hold_or_renew(changed, index, batch);
    }
    return 0;
}

int changed_take(struct changed *changed,
                 const struct voucher *voucher,
                 struct batch *batch,
                 struct lt_error *reterr)
{
    for (size_t i = 0; i < changed->feeds->count; i++) {
        if (!is_same(&changed->feeds->items[i], voucher->fingerprints[i]) &&
            judge(changed, i, batch, reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

int changed_look(void *arg, size_t index, struct batch *batch, struct lt_error *reterr)
{
    struct changed *changed = arg;
    const struct feed *feed = &changed->feeds->items[index];
    uint8_t now[FINGERPRINT_BYTES];
    if (need_session(changed, reterr) != 0 ||
        shape_fingerprint(changed->pg, feed->service, changed->conf->publication, now, NULL,
                          reterr) != 0) {
        return -1;
    }
    return is_same(feed, now) ? 0 : judge(changed, index, batch, reterr);
}
