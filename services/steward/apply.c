#include "steward/apply_priv.h"

#include <stdio.h>
#include <string.h>

static int apply_agency(const struct lt_applying *a)
{
    lt_plan_put(a->plan, LT_CONTROL_AGENCY, a->declaration->id, &a->declaration->body.agency);
    return 0;
}

/* The principal keeps its key: certificates are issued, not declared. */
static int apply_application(const struct lt_applying *a)
{
    struct lt_application application = a->declaration->body.application;
    if (!lt_plan_get(a->plan, LT_CONTROL_AGENCY, application.agency))
        return lt_reading_fail(a->reading, "$.agency", "agency '%s' is unknown",
                               application.agency);
    const struct lt_application *old =
        lt_plan_get(a->plan, LT_CONTROL_APPLICATION, a->declaration->id);
    if (old) {
        if (strcmp(old->agency, application.agency) != 0)
            return lt_reading_fail(a->reading, "$.agency",
                                   "was '%s': an application keeps its agency", old->agency);
        if (strcmp(old->role, application.role) != 0)
            return lt_reading_fail(a->reading, "$.role", "was '%s': an application keeps its role",
                                   old->role);
        application.key_generation = old->key_generation;
        application.certificate_until = old->certificate_until;
    }
    lt_plan_put(a->plan, LT_CONTROL_APPLICATION, a->declaration->id, &application);
    return 0;
}

static int apply_one(const struct lt_applying *a)
{
    switch (a->declaration->kind) {
    case LT_CONTROL_AGENCY:
        return apply_agency(a);
    case LT_CONTROL_APPLICATION:
        return apply_application(a);
    case LT_CONTROL_SERVICE:
        return lt_apply_service(a);
    default:
        return lt_apply_agreement(a);
    }
}

static int refuse_twice(const struct lt_reading *reading,
                        const struct lt_declaration *declarations,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (declarations[i].kind != declarations[j].kind ||
                strcmp(declarations[i].id, declarations[j].id) != 0)
                continue;
            snprintf(reading->fault->file, sizeof(reading->fault->file), "%s",
                     declarations[i].file);
            return lt_reading_fail(reading, "$.id", "'%s' is declared in %s too",
                                   declarations[i].id, declarations[j].file);
        }
    }
    return 0;
}

int lt_plan_declarations(struct lt_plan *plan,
                         const struct lt_reading *reading,
                         const struct lt_declaration *declarations,
                         size_t count)
{
    static const enum lt_control_kind order[] = {LT_CONTROL_AGENCY, LT_CONTROL_APPLICATION,
                                                 LT_CONTROL_SERVICE, LT_CONTROL_AGREEMENT};
    if (refuse_twice(reading, declarations, count) < 0)
        return -1;
    for (size_t k = 0; k < LT_COUNT(order); k++) {
        for (size_t i = 0; i < count; i++) {
            if (declarations[i].kind != order[k])
                continue;
            snprintf(reading->fault->file, sizeof(reading->fault->file), "%s",
                     declarations[i].file);
            const struct lt_applying applying = {
                .plan = plan, .reading = reading, .declaration = &declarations[i]};
            if (apply_one(&applying) < 0)
                return -1;
        }
    }
    return 0;
}
